import { defined } from '../defined.ts';
import { DomainError } from '../domain-error.ts';
import { type Duration, durationMs } from '../duration.ts';
import type { EventOf, Retention } from '../events/index.ts';
import type { JobRef } from '../execution/range.ts';
import { type Runs, tailOf } from '../execution/tail.ts';
import { toInstant, toMs } from '../values.ts';
import type { CountedExpiry } from './expiry-count.ts';

export type HorizonInput = {
  /** Up to when executions are to expire at the most, epoch ms. */
  readonly wantedMs: number;
  /** The first slot of the definition in force after the cursor; undefined where none follows. */
  readonly nextSlotMs: number | undefined;
  /** The horizon is a whole multiple of it. */
  readonly stepMs: number;
};

/**
 * Up to when a job's executions can expire, epoch ms: nothing that is open, waits or is not settled yet is
 * before it. Undefined where that is not beyond the horizon that the job has.
 */
export const horizonOf = (runs: Runs, { wantedMs, nextSlotMs, stepMs }: HorizonInput): number | undefined => {
  const stillNeeded = [
    ...(nextSlotMs === undefined ? [] : [nextSlotMs]),
    ...runs.open.flatMap(({ createdAt, scheduledAt }) => [toMs(createdAt), toMs(scheduledAt)]),
    ...runs.catchUp.map(({ afterMs }) => afterMs),
    ...runs.backfills.map(({ after }) => toMs(after)),
  ];
  // Slots at the horizon are behind it, so it is a little before any that is still to be called.
  const latestMs = Math.min(wantedMs, ...stillNeeded.map((instantMs) => instantMs - 1));
  const horizonMs = Math.floor(latestMs / stepMs) * stepMs;
  return runs.expired !== undefined && horizonMs <= toMs(runs.expired.before) ? undefined : horizonMs;
};

type ExpireInput = HorizonInput & {
  readonly job: JobRef;
  /** What was counted up to this horizon, epoch ms. */
  readonly horizonMs: number;
  readonly counted: CountedExpiry;
  /** The runs from which it was counted on. */
  readonly countedBy: Runs;
  /** The revision that the event gets. */
  readonly revision: number;
};

/**
 * Expires the executions of a job that were created before a horizon. No slot up to it is ever called again: the cursor is
 * not before it. Records nothing where nothing expires, or where meanwhile something is open that would, or more has expired:
 * what was counted may have been cut then.
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
        ...job,
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
 * Refuses to call a slot at or before the horizon of its job: what became of it is not known any more.
 * @throws DomainError EXPIRED
 */
export const rejectExpiredSlot = ({ expired }: Runs, slotMs: number): void => {
  if (expired === undefined || slotMs > toMs(expired.before)) return;
  throw new DomainError(
    'EXPIRED',
    `the slot ${toInstant(slotMs)} has expired: slots up to ${expired.before} cannot be called again`,
  );
};

/** Deadlines, lateness and retries may take 30 days, and rates count over 31: nothing younger expires. */
export const MIN_RETENTION = '32d' satisfies Duration;

type WantedInput = {
  /** Of the job, or else of its application; undefined where neither says anything. */
  readonly retention: Retention | undefined;
  /** How long the installation keeps executions at the most, ms; undefined: for ever. */
  readonly longestMs: number | undefined;
  /** When the execution was created that `keepLast` counts last, from the newest on; undefined where there are fewer. */
  readonly lastKeptMs: number | undefined;
  readonly nowMs: number;
};

/**
 * Up to when executions of a job are to expire, epoch ms; undefined where none are. The last ones are kept beyond their
 * age, but no longer than the installation keeps any.
 */
export const wantedHorizonMs = ({ retention, longestMs, lastKeptMs, nowMs }: WantedInput): number | undefined => {
  const never = Number.NEGATIVE_INFINITY;
  const longest = longestMs === undefined ? never : nowMs - longestMs;
  const aged = retention === undefined ? never : nowMs - durationMs(retention.maxAge);
  const own = retention?.keepLast === undefined ? aged : Math.min(aged, lastKeptMs ?? never);
  const wantedMs = Math.max(longest, own);
  return wantedMs === never ? undefined : wantedMs;
};
