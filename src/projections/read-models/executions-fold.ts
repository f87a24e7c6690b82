import { type ExecutionError, isRunEvent, type RunEvent } from '../../domain/events/index.ts';
import { dueOfMs } from '../../domain/execution/lateness.ts';
import { slotRangeOf } from '../../domain/ledger/explain-slot.ts';
import { toInstant } from '../../domain/values.ts';
import { wordsIn } from '../../domain/words.ts';
import type { RecordedEvent } from '../../event-store/port.ts';
import { type ExecutionChange, executionRecord } from '../queries/records/executions.ts';

export type ExecutionChanges = Map<number, ExecutionChange>;

/** Folds the events of runs. Adds to `changes`, if given. */
export const foldExecutions = (
  events: readonly RecordedEvent[],
  changes: ExecutionChanges = new Map(),
): ExecutionChanges | undefined => {
  for (const event of events) {
    const change = isRunEvent(event) ? changeOf(event) : undefined;
    if (change === undefined) continue;
    const before = changes.get(change.id);
    changes.set(change.id, before ? executionRecord.merge(before, change) : change);
  }
  return changes.size === 0 ? undefined : changes;
};

const changeOf = (event: RecordedEvent<RunEvent>): ExecutionChange | undefined => {
  switch (event.type) {
    case 'ExecutionRequested':
      return { ...common(event), status: 'pending', attempt: 0 };
    case 'ExecutionStarted': {
      const { attempt, engineId, jobRevision, late, tokenHash } = event.data;
      const startedAt = toInstant(Math.max(dueOfMs(event.data, undefined), event.recordedAt));
      return {
        ...common(event),
        ...start(attempt, startedAt),
        status: 'running',
        engineId,
        jobRevision,
        late,
        tokenHash,
      };
    }
    case 'ExecutionAttemptFailed': {
      const { attempt, startedAt = null, finishedAt, error, retryAt, late, jobSnapshot } = event.data;
      const attempts = [{ attempt, startedAt, finishedAt, error }];
      const started = start(attempt, event.data.startedAt);
      const called = isOfSlot(event);
      return { ...common(event), ...started, status: 'pending', attempts, retryAt, late, called, jobSnapshot };
    }
    case 'CallAccepted': {
      const { attempt, startedAt, late, deadlineAt, jobSnapshot } = event.data;
      const accepted = start(attempt, startedAt);
      const called = isOfSlot(event);
      return { ...common(event), ...accepted, status: 'running', late, called, deadlineAt, jobSnapshot };
    }
    case 'WorkOffered': {
      const { attempt, jobSnapshot } = event.data;
      return { ...common(event), ...start(attempt, undefined), status: 'pending', jobSnapshot };
    }
    case 'WorkTaken': {
      const { attempt, takenAt, worker, late, deadlineAt, tokenHash } = event.data;
      const taken = start(attempt, takenAt);
      const called = isOfSlot(event);
      return { ...common(event), ...taken, status: 'running', late, called, worker, deadlineAt, tokenHash };
    }
    case 'HeartbeatReceived': {
      const { attempt, progress } = event.data;
      return {
        ...common(event),
        ...start(attempt, undefined),
        status: 'running',
        lastHeartbeatAt: toInstant(event.recordedAt),
        progress,
      };
    }
    case 'ExecutionSucceeded':
      return { ...common(event), ...outcome(event), status: 'succeeded', result: event.data.result };
    case 'ExecutionFailed': {
      const { result, error } = event.data;
      return { ...common(event), ...outcome(event), status: 'failed', result, ...failure(error) };
    }
    case 'ExecutionCancelled':
      return {
        ...common(event),
        ...outcome(event),
        status: 'cancelled',
        called: isOfSlot(event) && slotRangeOf(event) === undefined,
        ...failure(event.data.error),
      };
    case 'DefinitionActivated':
    case 'CancelRequested':
    // The row of an ended execution never changes: the read model of hooks has the attempts.
    case 'HookAttempted':
    case 'OccurrencesSkipped':
    case 'OccurrencesMissed':
    case 'BackfillRequested':
    case 'BackfillCancelled':
    case 'ExecutionsExpired':
      return undefined;
  }
};

type OfExecution = Extract<RunEvent, { data: { executionId: number } }>;
type Outcome = Extract<RunEvent, { data: { finishedAt: string } }>;

const common = ({ data, revision, recordedAt }: RecordedEvent<OfExecution>) => {
  const recorded = toInstant(recordedAt);
  return {
    ...executionRecord.blank,
    id: data.executionId,
    jobId: data.jobId,
    applicationId: data.applicationId,
    tenant: data.tenant,
    isOpen: true,
    trigger: data.trigger,
    scheduledAt: data.scheduledAt,
    dueAt: data.dueAt,
    createdAt: data.createdAt,
    createdBy: data.createdBy,
    labels: data.labels,
    called: false,
    rerunOf: data.rerunOf,
    inputRevision: data.inputRevision,
    backfillId: data.backfillId,
    revision,
    firstRecordedAt: recorded,
    lastRecordedAt: recorded,
  };
};

const start = (attempt: number, startedAt: string | undefined) =>
  attempt > 1 ? { attempt, attemptStartedAt: startedAt } : { attempt, startedAt };

const outcome = (event: RecordedEvent<Outcome>) => {
  const { attempt, startedAt, late, finishedAt, jobSnapshot } = event.data;
  return { ...start(attempt, startedAt), isOpen: false, late, called: isOfSlot(event), finishedAt, jobSnapshot };
};

/** The maximum number of words of an error that its execution is found by. */
const MAX_WORDS = 60;
const failure = (error: ExecutionError) => {
  const { code, message } = error;
  return { error, errorCode: code, errorWords: wordsIn(`${code} ${message}`).slice(0, MAX_WORDS).join(' ') };
};

const isOfSlot = ({ data }: RecordedEvent<OfExecution>): boolean => data.trigger === 'schedule';
