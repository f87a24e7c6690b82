import { closureAt } from '../closure/closure.ts';
import type { DelayReason, LateReason, RunEvent } from '../events/index.ts';
import type { JobSlots } from '../schedule/index.ts';
import { toMs } from '../values.ts';
import { type SettleResult, settleRange, settleUntil } from './range.ts';
import type { LateReasons, SettleInput } from './settle-input.ts';
import type { Runs } from './tail.ts';

/** A call that begins later than this after its slot is late. */
export const LATE_AFTER_MS = 1_000;

/**
 * When the slot or request of an execution was due, epoch ms: what a calendar moves later stays as it was claimed.
 * @param slots as scheduled, not moved; `undefined` if none is due
 */
export const dueOfMs = ({ dueAt, scheduledAt }: Due, slots: JobSlots | undefined): number => {
  const slotMs = toMs(scheduledAt);
  return dueAt === undefined ? (slots?.dueMs(slotMs) ?? slotMs) : toMs(dueAt);
};
type Due = { readonly scheduledAt: string; readonly dueAt?: string | undefined };

/** The engine's delay that made a slot's call late. */
export type Delay = {
  /** When the delay ended, epoch ms. Slots due before then waited behind this one. */
  readonly untilMs: number;
  readonly reason: DelayReason;
};

/**
 * Returns why a scheduled call was late.
 * @param startedAtMs when the request was sent; `undefined` if none was
 */
export const lateReason = (
  dueMs: number,
  startedAtMs: number | undefined,
  delay: Delay | undefined,
): LateReason | undefined =>
  startedAtMs !== undefined && startedAtMs - dueMs > LATE_AFTER_MS ? (delay?.reason ?? 'CONNECTION_SLOW') : undefined;

type LateSince = {
  /** Since when an engine claims slots of this job, epoch ms. */
  readonly claimingSinceMs: number;
  /** Since when the dates of the calendars that move its slots apply, epoch ms. */
  readonly datesSinceMs: number;
  readonly sinceThen: DelayReason;
};

/** Returns why a job's slots are late. New dates of a calendar can move a slot to a time that has passed. */
export const lateReasons = ({ claimingSinceMs, datesSinceMs, sinceThen }: LateSince): LateReasons =>
  sinceThen === 'ENGINE_BEHIND' && datesSinceMs > claimingSinceMs
    ? { untilMs: datesSinceMs, reason: 'CALENDAR', sinceThen }
    : { untilMs: claimingSinceMs, reason: 'ENGINE_DOWN', sinceThen };

/** Returns why a slot is claimed more than 1 s after its time. */
export const lateness = (slotMs: number, input: SettleInput): DelayReason | undefined =>
  input.nowMs - input.slots.dueMs(slotMs) > LATE_AFTER_MS ? reasonAt(slotMs, input) : undefined;

/**
 * Returns whether a slot is late, other than by waiting for an execution that yields to the schedule: `misfire: skip` skips
 * it.
 */
export const hasPassed = (slotMs: number, input: SettleInput): boolean => {
  const late = lateness(slotMs, input);
  return late !== undefined && late !== 'OVERLAP';
};

const reasonAt = (slotMs: number, { slots, closures, lateBecause }: SettleInput): DelayReason => {
  if (closureAt(closures, slotMs)?.held !== undefined) return 'PAUSED';
  return slots.placeMs(lateBecause.untilMs - 1) < slotMs ? lateBecause.sinceThen : lateBecause.reason;
};

/** Records all slots up to `untilMs` as missed, with the reason of their delay. */
export const settleLate = (runs: Runs, untilMs: number, input: SettleInput): SettleResult => {
  const { job, slots, closures, rules, nowMs, lateBecause } = input;
  const nextMs = slots.next(runs.cursorMs);
  if (nextMs === undefined || nextMs > untilMs) return { events: [], runs };
  const missed = { job, slots, closures, rules, nowMs, type: 'OccurrencesMissed' as const };
  const first = settleUntil({
    ...missed,
    runs,
    untilMs: Math.min(untilMs, slots.placeMs(lateBecause.untilMs - 1)),
    reason: lateBecause.reason,
  });
  const then = settleUntil({ ...missed, runs: first.runs, untilMs, reason: lateBecause.sinceThen });
  return { events: [...first.events, ...then.events], runs: then.runs };
};

/** Returns whether a slot exceeds the job's maximum lateness. */
export const isTooLate = (slotMs: number, { rules: { maxLatenessMs }, slots, nowMs }: SettleInput): boolean =>
  maxLatenessMs !== undefined && nowMs - slots.dueMs(slotMs) > maxLatenessMs;

/** Records the slots up to `slotMs` as missed, because they exceed the maximum lateness. */
export const missTooLate = (runs: Runs, slotMs: number, { job, slots }: SettleInput): readonly RunEvent[] =>
  settleRange({ job, runs, slots, untilMs: slotMs, type: 'OccurrencesMissed', reason: 'TOO_LATE' }).events;
