import { type EventOf, isJobEvent, isRunEvent, type JobDefinition } from '../../../src/domain/events/index.ts';
import type { RecordedEvent } from '../../../src/event-store/port.ts';
import type { Run } from '../simulate.ts';
import { mostTurnsMs } from './heard.ts';
import { jobHistories } from './job-history.ts';
import { pausedInVain } from './paused-in-vain.ts';

/** A call that began in the last moments may still be under way. */
const GRACE_MS = 15_000;

type Known = {
  readonly jobId: number;
  /** When it came to be, or its last attempt began. */
  sinceMs: number;
  /** Until when it waits at the most: for its slot, its next attempt, or word of its target; epoch ms. */
  waitsUntilMs: number;
  /** Its job names a limit, which it may wait for as long as others go first. */
  readonly isLimited: boolean;
  started: number;
  ended: number;
};

/** Each attempt of an execution starts once, after the one before; each execution ends exactly once, and is open in its stream's tail until then. */
export const checkExecutions = ({ events, endedAtMs, plan }: Run): string[] =>
  executionsAmiss(events, { graceMs: GRACE_MS + mostTurnsMs(plan, jobHistories(events).length), endedAtMs });

type Ending = {
  /** How long before the end an execution may have come to be that is open then. */
  readonly graceMs: number;
  /** By the clock that engines follow, epoch ms. */
  readonly endedAtMs: number;
};

export const executionsAmiss = (events: readonly RecordedEvent[], { graceMs, endedAtMs }: Ending): string[] => {
  const wrong: string[] = [];
  const executions = new Map<number, Known>();
  const open = new Map<number, Set<number>>();
  /** How many executions may run at once, by the revision of the definition. */
  const limited = new Set<number>();
  const waiting = new Set<number>();
  const mostAtOnce = new Map<string, number>();
  const lastMs = events.at(-1)?.recordedAt ?? 0;

  const know = ({ data, recordedAt }: RecordedEvent<OfExecution>): Known => {
    const known = executions.get(data.executionId) ?? {
      jobId: data.jobId,
      sinceMs: recordedAt,
      // Claimed ahead, it is called when it is due, which a clock that was set back puts off.
      waitsUntilMs: Date.parse(data.dueAt ?? data.scheduledAt),
      isLimited: limited.has(data.jobId),
      started: 0,
      ended: 0,
    };
    if (known.jobId !== data.jobId) wrong.push(`execution ${data.executionId} is of two jobs`);
    executions.set(data.executionId, known);
    return known;
  };

  for (const event of events) {
    if (isJobEvent(event) && event.data.limit !== undefined) limited.add(event.data.jobId);
    if (isJobEvent(event)) mostAtOnce.set(`${event.data.jobId}/${event.revision}`, mostOf(event.data));
    if (!isRunEvent(event)) continue;
    if (event.data.tail.runs < 0) wrong.push(`${event.stream}/${event.revision} counts ${event.data.tail.runs} runs`);
    const openNow = open.get(event.data.jobId) ?? new Set<number>();
    open.set(event.data.jobId, openNow);
    switch (event.type) {
      case 'ExecutionRequested':
        know(event);
        openNow.add(event.data.executionId);
        break;
      case 'ExecutionStarted':
        if (know(event).started++ >= event.data.attempt) {
          wrong.push(`execution ${event.data.executionId} started twice`);
        }
        know(event).sinceMs = event.recordedAt;
        if (runsBeside(event) >= mostFor(event, mostAtOnce.get(`${event.data.jobId}/${event.data.jobRevision}`))) {
          wrong.push(`execution ${event.data.executionId} started while another of its job was open`);
        }
        openNow.add(event.data.executionId);
        break;
      case 'ExecutionSucceeded':
      case 'ExecutionFailed':
      case 'ExecutionCancelled':
        if (know(event).ended++ > 0) wrong.push(`execution ${event.data.executionId} ended twice`);
        openNow.delete(event.data.executionId);
        break;
      case 'ExecutionAttemptFailed':
        know(event).waitsUntilMs = Date.parse(event.data.retryAt);
        break;
      case 'WorkOffered':
        know(event).sinceMs = event.recordedAt;
        break;
      case 'WorkTaken':
      case 'CallAccepted':
        know(event).waitsUntilMs = Date.parse(event.data.deadlineAt);
        break;
      case 'HeartbeatReceived':
      case 'HookAttempted':
      case 'CancelRequested':
      case 'DefinitionActivated':
      case 'OccurrencesMissed':
      case 'OccurrencesSkipped':
    }
    for (const { executionId, state } of event.data.tail.open) {
      if (state === 'pending') waiting.add(executionId);
      else waiting.delete(executionId);
    }
    const told = event.data.tail.open.map(({ executionId }) => executionId).join();
    if (told !== [...openNow].join())
      wrong.push(`${event.stream}/${event.revision} tells ${told} open, not ${[...openNow]}`);
  }
  const isPaused = pausedInVain(events);
  for (const [executionId, { jobId, sinceMs, waitsUntilMs, isLimited, ended }] of executions) {
    if ((isLimited || isPaused(jobId)) && waiting.has(executionId)) continue;
    const isFresh = lastMs - sinceMs < graceMs || endedAtMs - waitsUntilMs < graceMs;
    if (ended === 0 && !isFresh) wrong.push(`execution ${executionId} is still open`);
  }
  return wrong;
};

const mostOf = ({ overlap }: Pick<JobDefinition, 'overlap'>): number => (overlap === 'allow' ? 100 : 1);

/** What was asked for with an `overlap` of its own goes by that. */
const mostFor = ({ data }: RecordedEvent<EventOf<'ExecutionStarted'>>, ofJob = 1): number => {
  const own = data.tail.open.find(({ executionId }) => executionId === data.executionId)?.overlap;
  return own === undefined ? ofJob : mostOf({ overlap: own });
};

/** How many other executions run when one starts. */
const runsBeside = ({ data }: RecordedEvent<EventOf<'ExecutionStarted'>>): number =>
  data.tail.open.filter(({ state, executionId }) => state !== 'pending' && executionId !== data.executionId).length;

type OfExecution = EventOf<
  | 'ExecutionRequested'
  | 'ExecutionStarted'
  | 'WorkOffered'
  | 'WorkTaken'
  | 'CallAccepted'
  | 'ExecutionAttemptFailed'
  | 'ExecutionSucceeded'
  | 'ExecutionFailed'
  | 'ExecutionCancelled'
>;
