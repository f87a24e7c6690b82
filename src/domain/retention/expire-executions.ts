import { defined } from '../defined.ts';
import { DomainError } from '../domain-error.ts';
import { type Duration, durationMs } from '../duration.ts';
import type { EventOf, Retention } from '../events/index.ts';
import type { JobRef } from '../execution/range.ts';
import { type Runs, tailOf } from '../execution/tail.ts';
import { toInstant, toMs } from '../values.ts';
import type { CountedExpiry } from './expiry-count.ts';

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
