import { defined } from '../defined.ts';
import { DomainError } from '../domain-error.ts';
import { type Duration, durationMs } from '../duration.ts';
import type { ActiveDefinition, EventOf, ExpiredTotals, LateReason, Retention, RunEvent } from '../events/index.ts';
import { COUNTED_AT_MOST, idsOf, type JobRef } from '../execution/range.ts';
import { type Runs, tailOf } from '../execution/tail.ts';
import { type SlotRange, slotRangeOf } from '../ledger/explain-slot.ts';
import { toInstant, toMs } from '../values.ts';

/** A run event with its revision and the time it was recorded, epoch ms. */
export type StoredRunEvent = RunEvent & { readonly revision: number; readonly recordedAt: number };

/** The result of the job's previous expiry; empty for the first. */
export type EarlierExpiry = Pick<
  EventOf<'ExecutionsExpired'>['data'],
  'before' | 'keptFrom' | 'totals' | 'activeDefinition'
>;

/** The counted totals of a job's expiring executions. */
export type CountedExpiry = {
  /** The first event that is kept; if none of the applied events is, the revision after them. */
  readonly keptFrom: number;
  readonly totals: ExpiredTotals;
  readonly activeDefinition: ActiveDefinition | undefined;
  /** Number of newly expired executions and ranges of slots. */
  readonly executions: number;
  readonly ranges: number;
};

/** Counts a job's expiring executions event by event. */
type ExpiryCount = {
  /** Applies the next event of the stream of runs, starting from the first one that the previous expiry kept. */
  take(event: StoredRunEvent): void;
  /** Whether all expiring events were applied. */
  isComplete(): boolean;
  counted(): CountedExpiry;
};

export const NOTHING_EXPIRED: ExpiredTotals = { succeeded: 0, failed: 0, cancelled: 0, called: {}, notCalled: [] };

/**
 * An execution is recorded soon after its creation, unless the log is unavailable for longer. One recorded later than this
 * still expires, but is not counted.
 */
const RECORDED_WITHIN_MS = 3_600_000;

/** State of an expiring execution. */
type ExpiringExecution = {
  readonly status: 'succeeded' | 'failed' | 'cancelled' | undefined;
  readonly called: boolean;
  readonly late: LateReason | undefined;
};

/** Starts counting what expires before a cutoff, epoch ms. Holds only open executions, so a stream can have any length. */
export const countExpiry = (earlier: EarlierExpiry | undefined, horizonMs: number): ExpiryCount => {
  const fromMs = earlier === undefined ? Number.NEGATIVE_INFINITY : toMs(earlier.before);
  const sums = beginSums(earlier?.totals ?? NOTHING_EXPIRED);
  const open = new Map<number, ExpiringExecution>();
  let executions = 0;
  let ranges = 0;
  let keptFrom: number | undefined;
  let nextRevision = earlier?.keptFrom ?? 0;
  let recordedMs = 0;
  let activeDefinition = earlier?.activeDefinition;

  const isKept = (event: StoredRunEvent): boolean =>
    event.recordedAt >= horizonMs || ('createdAt' in event.data && toMs(event.data.createdAt) >= horizonMs);

  const takeCut = (event: StoredRunEvent): void => {
    const range = slotRangeOf(event);
    if (range !== undefined) {
      ranges += 1;
      sums.addRange(range);
    }
    if (event.type !== 'DefinitionActivated') return;
    const { jobRevision, from } = event.data;
    activeDefinition = { jobRevision, from, activatedAt: toInstant(event.recordedAt) };
  };

  const takeExpiring = (executionId: number, event: StoredRunEvent): void => {
    const before = open.get(executionId);
    if (before === undefined) executions += 1;
    const after = afterEvent(before, event);
    if (after.status === undefined) open.set(executionId, after);
    else {
      open.delete(executionId);
      sums.addExecution(executionId, after);
    }
  };

  return {
    take: (event) => {
      recordedMs = event.recordedAt;
      nextRevision = event.revision + 1;
      if (keptFrom === undefined && isKept(event)) keptFrom = event.revision;
      if (keptFrom === undefined) takeCut(event);
      if (!('scheduledAt' in event.data)) return;
      const { executionId, createdAt } = event.data;
      const createdMs = toMs(createdAt);
      if (createdMs >= fromMs && createdMs < horizonMs) takeExpiring(executionId, event);
    },
    isComplete: () => keptFrom !== undefined && open.size === 0 && recordedMs >= horizonMs + RECORDED_WITHIN_MS,
    counted: () => ({
      keptFrom: keptFrom ?? nextRevision,
      totals: sums.totals(),
      activeDefinition,
      executions,
      ranges,
    }),
  };
};

/** An execution's state after an event; the read model of executions uses the same rules. */
const afterEvent = (before: ExpiringExecution | undefined, event: StoredRunEvent): ExpiringExecution => {
  const was = before ?? { status: undefined, called: false, late: undefined };
  switch (event.type) {
    case 'ExecutionStarted':
      return { ...was, late: event.data.late ?? was.late };
    case 'CallAccepted':
    case 'WorkTaken':
    case 'ExecutionAttemptFailed':
      return { ...was, ...calledBy(was, event) };
    case 'ExecutionSucceeded':
      return { ...calledBy(was, event), status: 'succeeded' };
    case 'ExecutionFailed':
      return { ...calledBy(was, event), status: 'failed' };
    case 'ExecutionCancelled':
      return {
        status: 'cancelled',
        late: event.data.late ?? was.late,
        called: was.called || (event.data.trigger === 'schedule' && slotRangeOf(event) === undefined),
      };
    case 'DefinitionActivated':
    case 'ExecutionRequested':
    case 'WorkOffered':
    case 'HeartbeatReceived':
    case 'HookAttempted':
    case 'CancelRequested':
    case 'OccurrencesSkipped':
    case 'OccurrencesMissed':
    case 'BackfillRequested':
    case 'BackfillCancelled':
    case 'ExecutionsExpired':
      return was;
  }
};

type CallEvent = EventOf<
  'CallAccepted' | 'WorkTaken' | 'ExecutionAttemptFailed' | 'ExecutionSucceeded' | 'ExecutionFailed'
>;

const calledBy = (was: ExpiringExecution, { data }: CallEvent): Pick<ExpiringExecution, 'called' | 'late'> => ({
  called: was.called || data.trigger === 'schedule',
  late: data.late ?? was.late,
});

/** Starts from the totals that had already expired. */
const beginSums = (earlier: ExpiredTotals) => {
  const ends = { succeeded: earlier.succeeded, failed: earlier.failed, cancelled: earlier.cancelled };
  const called: Record<string, number> = { ...earlier.called };
  const notCalled = new Map(earlier.notCalled.map((each) => [`${each.outcome} ${each.reason}`, each]));
  let { ids } = earlier;
  return {
    addExecution: (id: number, { status, called: isCalled, late }: ExpiringExecution): void => {
      if (status !== undefined) ends[status] += 1;
      const why = late ?? '';
      if (isCalled) called[why] = (called[why] ?? 0) + 1;
      ids = { first: Math.min(id, ids?.first ?? id), last: Math.max(id, ids?.last ?? id) };
    },
    addRange: ({ outcome, reason, count = COUNTED_AT_MOST }: SlotRange): void => {
      const key = `${outcome} ${reason}`;
      notCalled.set(key, { outcome, reason, slots: (notCalled.get(key)?.slots ?? 0) + count });
    },
    totals: (): ExpiredTotals => ({
      ...ends,
      called: { ...called },
      notCalled: [...notCalled.values()],
      ...defined({ ids }),
    }),
  };
};

export type HorizonInput = {
  /** Latest cutoff, epoch ms. */
  readonly wantedMs: number;
  /** The active definition's first slot after the cursor; `undefined` if there is none. */
  readonly nextSlotMs: number | undefined;
  /** The cutoff is a multiple of it. */
  readonly stepMs: number;
};

/**
 * The retention cutoff of a job, epoch ms: nothing open, waiting or unsettled is before it. `undefined` if it does not
 * advance.
 */
export const horizonOf = (runs: Runs, { wantedMs, nextSlotMs, stepMs }: HorizonInput): number | undefined => {
  const stillNeeded = [
    ...(nextSlotMs === undefined ? [] : [nextSlotMs]),
    ...runs.open.flatMap(({ createdAt, scheduledAt }) => [toMs(createdAt), toMs(scheduledAt)]),
    ...runs.catchUp.map(({ afterMs }) => afterMs),
    ...runs.backfills.map(({ after }) => toMs(after)),
  ];
  // Slots at the cutoff are expired, so it is just before any slot that can still be called.
  const latestMs = Math.min(wantedMs, ...stillNeeded.map((instantMs) => instantMs - 1));
  const horizonMs = Math.floor(latestMs / stepMs) * stepMs;
  return runs.expired !== undefined && horizonMs <= toMs(runs.expired.before) ? undefined : horizonMs;
};

type ExpireInput = HorizonInput & {
  readonly job: JobRef;
  /** The cutoff of the count, epoch ms. */
  readonly horizonMs: number;
  readonly counted: CountedExpiry;
  /** The runs from which the count continued. */
  readonly countedBy: Runs;
  /** Revision of this event. */
  readonly revision: number;
};

/**
 * Expires a job's executions created before a cutoff. No slot up to it is called again: the cursor is not before it. Records
 * nothing if nothing expires, or if since the count an execution was opened before the cutoff or more has expired: counted
 * events may be cut then.
 */
export const expireExecutions = (runs: Runs, input: ExpireInput): EventOf<'ExecutionsExpired'>[] => {
  const { job, horizonMs, counted, countedBy, revision, ...bounds } = input;
  if (counted.executions + counted.ranges === 0 || runs.expired?.revision !== countedBy.expired?.revision) return [];
  const possibleMs = horizonOf(runs, bounds);
  if (possibleMs === undefined || possibleMs < horizonMs) return [];
  const before = toInstant(horizonMs);
  const { totals, activeDefinition, keptFrom } = counted;
  const after = { ...runs, cursorMs: Math.max(runs.cursorMs, horizonMs), expired: { before, revision } };
  return [
    {
      type: 'ExecutionsExpired',
      data: {
        ...idsOf(job),
        before,
        keptFrom,
        totals,
        ...defined({ activeDefinition }),
        tail: tailOf(after),
      },
    },
  ];
};

/**
 * Rejects calls of a slot at or before its job's retention cutoff: its outcome is no longer known.
 * @throws DomainError EXPIRED
 */
export const rejectExpiredSlot = ({ expired }: Runs, slotMs: number): void => {
  if (expired === undefined || slotMs > toMs(expired.before)) return;
  throw new DomainError(
    'EXPIRED',
    `the slot ${toInstant(slotMs)} has expired: slots up to ${expired.before} cannot be called again`,
  );
};

/** Deadlines, lateness and retries can take 30 days, and rates cover 31: nothing younger expires. */
export const MIN_RETENTION = '32d' satisfies Duration;

type WantedInput = {
  /** Retention of the job or else of its application; `undefined` if neither sets one. */
  readonly retention: Retention | undefined;
  /** Maximum age of executions in the installation, ms; `undefined` means unlimited. */
  readonly longestMs: number | undefined;
  /** When the oldest execution protected by `keepLast` was created; `undefined` if there are fewer. */
  readonly lastKeptMs: number | undefined;
  readonly nowMs: number;
};

/**
 * The wanted retention cutoff of a job, epoch ms; `undefined` if nothing expires. `keepLast` keeps executions beyond their
 * age, but not beyond the installation's maximum.
 */
export const wantedHorizonMs = ({ retention, longestMs, lastKeptMs, nowMs }: WantedInput): number | undefined => {
  const never = Number.NEGATIVE_INFINITY;
  const longest = longestMs === undefined ? never : nowMs - longestMs;
  const aged = retention === undefined ? never : nowMs - durationMs(retention.maxAge);
  const own = retention?.keepLast === undefined ? aged : Math.min(aged, lastKeptMs ?? never);
  const wantedMs = Math.max(longest, own);
  return wantedMs === never ? undefined : wantedMs;
};
