import {
  type EventMetadata,
  type EventOf,
  isManual,
  type JobDefinition,
  type JobEvent,
  type LateReason,
  type OpenExecution,
  onceAt,
  type RunEvent,
} from '../events/index.ts';
import { rulesOf } from '../job/rules.ts';
import { type SlotRange, slotRangeOf } from '../ledger/explain-slot.ts';
import { toMs } from '../values.ts';

/** An event with its log metadata. */
export type Logged<E> = E & {
  readonly revision: number;
  /** Epoch ms. */
  readonly recordedAt: number;
  readonly metadata: Pick<EventMetadata, 'actor' | 'reason'>;
};

type Failures = {
  readonly count: number;
  readonly sinceMs: number;
  readonly executionId: number;
  /** Code of the last failure. */
  readonly code: string;
  readonly message: string;
};

type UncalledSlots = Pick<SlotRange, 'outcome' | 'reason'> & {
  readonly sinceMs: number;
  readonly lastSlotMs: number;
  readonly count: number;
};

/** `queue` is the target, such as `queue:4/reports`; `undefined` if its offer was too long ago to be read. */
type OfferedSince = { readonly executionId: number; readonly sinceMs: number; readonly queue: string | undefined };

/** What alert rules need to know about a job, derived from its events. */
export type JobFacts = {
  readonly jobId: number;
  readonly tenant: string;
  readonly applicationId: number;
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly status: 'enabled' | 'disabled' | 'deleted';
  readonly statusSinceMs: number;
  /** Since when slots have been due: since the job was enabled or got a schedule. `undefined` for a manual job. */
  readonly dueSinceMs: number | undefined;
  /** Why Carillon disabled the job; `undefined` unless it did. */
  readonly disabledBecause: string | undefined;
  /** The definition, if its schedule ends. */
  readonly ending: JobDefinition | undefined;
  readonly jitterMs: number;
  readonly jobRevision: number;
  readonly runsRevision: number;
  /** Failed executions since the last one that succeeded; undefined for none. */
  readonly failures: Failures | undefined;
  readonly lastSuccess: { readonly executionId: number; readonly atMs: number } | undefined;
  /** The newest slot that was called, and how long after its time. */
  readonly lastCall:
    | { readonly executionId: number; readonly slotMs: number; readonly atMs: number; readonly lateMs: number }
    | undefined;
  /** When an execution began or ended last. */
  readonly lastRun: { readonly executionId: number; readonly atMs: number } | undefined;
  /** Slots not called since the last called one, by outcome and reason, newest last. */
  readonly notCalled: readonly UncalledSlots[];
  /** Running calls, oldest first. */
  readonly running: readonly { readonly executionId: number; readonly sinceMs: number }[];
  /** Slots that are due and wait to be called, oldest first. */
  readonly waiting: readonly { readonly executionId: number; readonly slotMs: number }[];
  /** Work that is offered to workers, the longest offered first. */
  readonly offered: readonly OfferedSince[];
  /** Number of slots called since the schedule last changed. */
  readonly runs: number;
};

/** The facts after an event of the job's own stream. */
export const afterJobEvent = (facts: JobFacts | undefined, event: Logged<JobEvent>): JobFacts => {
  const { data, revision, recordedAt } = event;
  const { jobId, tenant, applicationId, name, labels = {} } = data;
  const status = event.type === 'JobDeleted' ? 'deleted' : data.enabled ? 'enabled' : 'disabled';
  return {
    ...(facts ?? NO_RUNS),
    ...{ jobId, tenant, applicationId, name, labels, status, jobRevision: revision },
    statusSinceMs: status === facts?.status ? facts.statusSinceMs : recordedAt,
    dueSinceMs: isManual(data) ? undefined : status === facts?.status ? (facts.dueSinceMs ?? recordedAt) : recordedAt,
    disabledBecause: status === 'disabled' ? (ownReason(event) ?? facts?.disabledBecause) : undefined,
    ending: comesToAnEnd(data) ? data : undefined,
    jitterMs: rulesOf(data).jitterMs,
  };
};

const NO_RUNS = {
  runsRevision: -1,
  failures: undefined,
  lastSuccess: undefined,
  lastCall: undefined,
  lastRun: undefined,
  notCalled: [],
  running: [],
  waiting: [],
  offered: [],
  runs: 0,
} as const;

const ownReason = ({ type, metadata: { actor, reason } }: Logged<JobEvent>): string | undefined =>
  type === 'JobDisabled' && actor.type === 'system' ? (reason ?? 'its executions kept failing') : undefined;

const comesToAnEnd = ({ maxRuns, endAt, schedule }: JobDefinition): boolean =>
  maxRuns !== undefined || endAt !== undefined || onceAt(schedule) !== undefined;

/** The facts after an event of the job's stream of runs. */
export const afterRunEvent = (facts: JobFacts, event: Logged<RunEvent>): JobFacts =>
  afterOutcome({ ...facts, ...openOf(facts, event), runsRevision: event.revision, runs: event.data.tail.runs }, event);

/** Open executions according to the tail. */
const openOf = ({ running, offered }: JobFacts, event: Logged<RunEvent>): OpenFacts => {
  const { open } = event.data.tail;
  if (open.length === 0) return NONE_OPEN;
  const started = event.type === 'ExecutionStarted' ? event.data.executionId : undefined;
  return {
    running: open
      .filter(({ state }) => state !== 'pending' && state !== 'offered')
      .map(({ executionId, acceptedAt, createdAt }) => {
        const known = running.find((each) => each.executionId === executionId);
        if (executionId === started) return { executionId, sinceMs: event.recordedAt };
        return known ?? { executionId, sinceMs: toMs(acceptedAt ?? createdAt) };
      })
      .sort((a, b) => a.sinceMs - b.sinceMs),
    waiting: open
      .filter(isUncalledSlot)
      .map(({ executionId, scheduledAt }) => ({ executionId, slotMs: toMs(scheduledAt) }))
      .sort((a, b) => a.slotMs - b.slotMs),
    offered: open
      .filter(({ state }) => state === 'offered')
      .map(({ executionId, createdAt }): OfferedSince => {
        if (event.type === 'WorkOffered' && event.data.executionId === executionId)
          return { executionId, sinceMs: toMs(event.data.offeredAt), queue: event.data.to };
        const known = offered.find((each) => each.executionId === executionId);
        return known ?? { executionId, sinceMs: toMs(createdAt), queue: undefined };
      })
      .sort((a, b) => a.sinceMs - b.sinceMs),
  };
};

/** A slot that waits for its first call, or for a worker. */
const isUncalledSlot = ({ state, trigger, attempt, retryAt }: OpenExecution): boolean =>
  trigger === 'schedule' && (state === 'offered' ? attempt === 1 : state === 'pending' && retryAt === undefined);

type OpenFacts = Pick<JobFacts, 'running' | 'waiting' | 'offered'>;
const NONE_OPEN: OpenFacts = { running: [], waiting: [], offered: [] };

const afterOutcome = (facts: JobFacts, event: Logged<RunEvent>): JobFacts => {
  switch (event.type) {
    case 'ExecutionStarted':
      return afterCall(facts, event.data, event.recordedAt);
    case 'ExecutionSucceeded': {
      const { executionId, finishedAt } = event.data;
      return {
        ...afterEnd(facts, event.data),
        failures: undefined,
        lastSuccess: { executionId, atMs: toMs(finishedAt) },
      };
    }
    case 'ExecutionFailed':
      return { ...afterEnd(facts, event.data), failures: withFailure(facts.failures, event.data) };
    // A slot that waited too long for its call also counts as missed.
    case 'OccurrencesMissed':
    case 'OccurrencesSkipped':
    case 'ExecutionCancelled': {
      const ended = event.type === 'ExecutionCancelled' ? afterEnd(facts, event.data) : facts;
      const range = slotRangeOf(event);
      return range === undefined
        ? ended
        : { ...ended, notCalled: withUncalled(ended.notCalled, range, event.recordedAt) };
    }
    case 'CallAccepted':
    case 'WorkOffered':
    case 'WorkTaken':
    case 'ExecutionAttemptFailed':
    case 'DefinitionActivated':
    case 'ExecutionRequested':
    case 'HeartbeatReceived':
    case 'HookAttempted':
    case 'CancelRequested':
    case 'BackfillRequested':
    case 'BackfillCancelled':
    case 'ExecutionsExpired':
      return facts;
  }
};

type Attempt = Pick<EventOf<'ExecutionStarted'>['data'], 'executionId' | 'trigger' | 'attempt' | 'scheduledAt'> & {
  readonly late?: LateReason | undefined;
};

type End = Attempt & { readonly startedAt?: string | undefined; readonly finishedAt: string };

/** An execution's end may be recorded together with its begin. */
const afterEnd = (facts: JobFacts, data: End): JobFacts => {
  const { executionId, startedAt, finishedAt } = data;
  if (startedAt === undefined) return facts;
  return { ...afterCall(facts, data, toMs(startedAt)), lastRun: { executionId, atMs: toMs(finishedAt) } };
};

const afterCall = (
  before: JobFacts,
  { executionId, trigger, attempt, scheduledAt, late }: Attempt,
  atMs: number,
): JobFacts => {
  const slotMs = toMs(scheduledAt);
  const facts = { ...before, lastRun: { executionId, atMs } };
  const { notCalled, lastCall, jitterMs } = facts;
  // Only the first attempt of a slot shows how late it is.
  if (trigger !== 'schedule' || attempt !== 1 || (lastCall !== undefined && lastCall.slotMs > slotMs)) return facts;
  // Deferral by a pause is intended and does not count as lateness.
  const lateMs = late === 'PAUSED' ? 0 : Math.max(0, atMs - slotMs - jitterMs);
  return {
    ...facts,
    lastCall: { executionId, slotMs, atMs, lateMs },
    notCalled: notCalled.filter(({ lastSlotMs }) => lastSlotMs >= slotMs),
  };
};

const withFailure = (
  before: Failures | undefined,
  { executionId, finishedAt, error }: EventOf<'ExecutionFailed'>['data'],
): Failures => ({
  count: (before?.count ?? 0) + 1,
  sinceMs: before?.sinceMs ?? toMs(finishedAt),
  executionId,
  ...error,
});

const withUncalled = (
  before: readonly UncalledSlots[],
  { outcome, reason, lastMs, count = UNCOUNTED }: SlotRange,
  recordedAt: number,
): readonly UncalledSlots[] => {
  const same = before.find((each) => each.outcome === outcome && each.reason === reason);
  const { sinceMs, count: counted } = same ?? { sinceMs: recordedAt, count: 0 };
  const slots = { outcome, reason, sinceMs, lastSlotMs: lastMs, count: counted + count };
  return [...before.filter((each) => each !== same), slots];
};

/** A range without a count has more slots than this. */
const UNCOUNTED = 10_000;
