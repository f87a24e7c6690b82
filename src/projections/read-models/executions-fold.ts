import type { ExecutionErrorCode } from '../../domain/codes/execution-error-codes.ts';
import { isRunEvent } from '../../domain/events/families.ts';
import type {
  CallResult,
  EventOf,
  ExecutionError,
  ExecutionStatus,
  JobSnapshot,
  LateReason,
  RunEvent,
  Trigger,
} from '../../domain/events/index.ts';
import { slotRangeOf } from '../../domain/ledger/uncalled.ts';
import { toInstant, toMs } from '../../domain/values.ts';
import type { RecordedEvent } from '../../event-store/port.ts';
import type { AttemptView } from '../queries/port/executions.ts';

/** The changes that a batch of events makes to an execution. Undefined fields keep their stored value. */
export type ExecutionRowChange = {
  readonly id: number;
  readonly jobId: number;
  readonly applicationId: number;
  readonly tenant: string;
  readonly status: ExecutionStatus;
  readonly trigger: Trigger;
  readonly attempt: number;
  readonly scheduledAt: string;
  readonly createdAt: string;
  readonly createdBy: string | undefined;
  readonly labels: Readonly<Record<string, string>> | undefined;
  /** When the request of the first attempt was sent; while it runs, and where its engine was lost, when it was claimed. */
  readonly startedAt: string | undefined;
  /** The same of the last attempt, where it is not the first. */
  readonly attemptStartedAt: string | undefined;
  /** The attempts that failed and were made again; those of several changes are put together. */
  readonly attempts: readonly AttemptView[] | undefined;
  readonly retryAt: string | undefined;
  readonly late: LateReason | undefined;
  /** It was called for a slot: its first attempt has ended, or its target has taken the call. */
  readonly called: boolean;
  readonly finishedAt: string | undefined;
  readonly engineId: string | undefined;
  readonly jobRevision: number | undefined;
  readonly rerunOf: number | undefined;
  readonly backfillId: number | undefined;
  readonly tokenHash: string | undefined;
  readonly deadlineAt: string | undefined;
  readonly heardAt: string | undefined;
  readonly progress: EventOf<'HeartbeatReceived'>['data']['progress'];
  readonly jobSnapshot: JobSnapshot | undefined;
  readonly result: CallResult | undefined;
  readonly error: ExecutionError | undefined;
  /** The revision of the last of these events. A row is written only if its revision is lower. */
  readonly revision: number;
  /** When the first and the last of these events were recorded, epoch ms. */
  readonly firstRecordedMs: number;
  readonly lastRecordedMs: number;
};

export type ExecutionChanges = Map<number, ExecutionRowChange>;

/** Folds the events of runs. It goes on with `changes`, where these are given. */
export const foldExecutions = (
  events: readonly RecordedEvent[],
  changes: ExecutionChanges = new Map(),
): ExecutionChanges | undefined => {
  for (const event of events) {
    const change = isRunEvent(event) ? changeOf(event) : undefined;
    if (change === undefined) continue;
    const before = changes.get(change.id);
    changes.set(change.id, before ? mergeExecution(before, change) : change);
  }
  return changes.size === 0 ? undefined : changes;
};

/** Merges two changes. The statement that writes executions merges rows in the same way. */
export const mergeExecution = (older: ExecutionRowChange, newer: ExecutionRowChange): ExecutionRowChange => ({
  ...newer,
  createdBy: newer.createdBy ?? older.createdBy,
  labels: newer.labels ?? older.labels,
  startedAt: tellsStart(newer) && newer.attempt <= 1 ? newer.startedAt : (newer.startedAt ?? older.startedAt),
  attemptStartedAt: tellsStart(newer) ? newer.attemptStartedAt : (newer.attemptStartedAt ?? older.attemptStartedAt),
  attempts:
    older.attempts && newer.attempts ? [...older.attempts, ...newer.attempts] : (newer.attempts ?? older.attempts),
  late: newer.late ?? older.late,
  called: newer.called || older.called,
  engineId: newer.engineId ?? older.engineId,
  jobRevision: newer.jobRevision ?? older.jobRevision,
  rerunOf: newer.rerunOf ?? older.rerunOf,
  backfillId: newer.backfillId ?? older.backfillId,
  tokenHash: newer.tokenHash ?? older.tokenHash,
  deadlineAt: newer.deadlineAt ?? older.deadlineAt,
  heardAt: newer.heardAt ?? older.heardAt,
  progress: newer.progress ?? older.progress,
  jobSnapshot: newer.jobSnapshot ?? older.jobSnapshot,
  firstRecordedMs: older.firstRecordedMs,
});

/** Whether the end of an execution tells if and when its last request was sent: nobody knows that of a lost one. */
const tellsStart = ({ finishedAt, error }: ExecutionRowChange): boolean =>
  finishedAt !== undefined && error?.code !== LOST;
export const LOST = 'OUTCOME_UNKNOWN' satisfies ExecutionErrorCode;

const changeOf = (event: RecordedEvent<RunEvent>): ExecutionRowChange | undefined => {
  switch (event.type) {
    case 'ExecutionRequested':
      return { ...common(event), status: 'pending', attempt: 0 };
    case 'ExecutionStarted': {
      const { attempt, engineId, jobRevision, scheduledAt, late, tokenHash } = event.data;
      const startedAt = toInstant(Math.max(toMs(scheduledAt), event.recordedAt));
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
    case 'HeartbeatReceived': {
      const { attempt, progress } = event.data;
      return {
        ...common(event),
        ...start(attempt, undefined),
        status: 'running',
        heardAt: toInstant(event.recordedAt),
        progress,
      };
    }
    case 'ExecutionSucceeded':
      return { ...common(event), ...outcome(event), status: 'succeeded', result: event.data.result };
    case 'ExecutionFailed': {
      const { result, error } = event.data;
      return { ...common(event), ...outcome(event), status: 'failed', result, error };
    }
    case 'ExecutionCancelled':
      return {
        ...common(event),
        ...outcome(event),
        status: 'cancelled',
        called: isOfSlot(event) && slotRangeOf(event) === undefined,
        error: event.data.error,
      };
    case 'DefinitionTaken':
    case 'CancelRequested':
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

const common = ({ data, revision, recordedAt }: RecordedEvent<OfExecution>) => ({
  id: data.executionId,
  jobId: data.jobId,
  applicationId: data.applicationId,
  tenant: data.tenant,
  trigger: data.trigger,
  scheduledAt: data.scheduledAt,
  createdAt: data.createdAt,
  createdBy: data.createdBy,
  labels: data.labels,
  startedAt: undefined,
  attemptStartedAt: undefined,
  attempts: undefined,
  retryAt: undefined,
  late: undefined,
  called: false,
  finishedAt: undefined,
  engineId: undefined,
  jobRevision: undefined,
  rerunOf: data.rerunOf,
  backfillId: data.backfillId,
  tokenHash: undefined,
  deadlineAt: undefined,
  heardAt: undefined,
  progress: undefined,
  jobSnapshot: undefined,
  result: undefined,
  error: undefined,
  revision,
  firstRecordedMs: recordedAt,
  lastRecordedMs: recordedAt,
});

const start = (attempt: number, startedAt: string | undefined) =>
  attempt > 1 ? { attempt, attemptStartedAt: startedAt } : { attempt, startedAt };

const outcome = (event: RecordedEvent<Outcome>) => {
  const { attempt, startedAt, late, finishedAt, jobSnapshot } = event.data;
  return { ...start(attempt, startedAt), late, called: isOfSlot(event), finishedAt, jobSnapshot };
};

const isOfSlot = ({ data }: RecordedEvent<OfExecution>): boolean => data.trigger === 'schedule';
