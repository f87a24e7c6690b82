import { withoutHolds } from '../closure/closure.ts';
import type { RunEvent } from '../events/index.ts';
import type { JobSlots } from '../schedule/index.ts';
import { type ClosableSlots, canDefer, deferralRoom, deferSpan } from './deferred-slots.ts';
import { hasPassed, isTooLate, LATE_AFTER_MS, lateness, missTooLate, settleLate } from './lateness.ts';
import { firstOutsideClosures, lastOutsideClosures, nextToSettle, queueDue, replaceDue, skipDue } from './overlap.ts';
import { decideOverlap } from './overlap-decision.ts';
import { type RangeEvent, rangeEvent, type SettleResult, settleClosure, settleUntil } from './range.ts';
import type { SettleInput } from './settle-input.ts';
import { claimCaughtUp, claimSlot, queueSlot } from './start.ts';
import type { Runs, Span } from './tail.ts';

/**
 * With `misfire: all`, late slots are kept in the tail's `catchUp` and called one at a time after newer ones. Slots deferred
 * by a pause are kept in the same way.
 */

/**
 * Keeps all slots after the cursor up to `untilMs`. Slots in blackouts are skipped, and the oldest beyond the job's
 * `misfireLimit` are missed.
 */
const keepForCatchUp = (runs: Runs, untilMs: number, input: SettleInput): SettleResult => {
  const { slots, closures } = input;
  const beyondLimit = { ...input, closures: withoutHolds(closures) };
  const missed = settleLate(runs, lastBeyondLimit(runs, untilMs, input), beyondLimit);
  const events = [...missed.events];
  let after = missed.runs;
  for (const closure of closures(after.cursorMs, untilMs)) {
    after = deferSpan(after, Math.min(closure.fromMs - 1, untilMs), slots);
    const settled = settleClosure(after, closure, { ...input, untilMs });
    events.push(...settled.events);
    after = settled.runs;
  }
  return { events, runs: deferSpan(after, untilMs, slots) };
};

/** The last slot up to `untilMs` beyond the limit; the cursor if there is none. */
const lastBeyondLimit = (runs: Runs, untilMs: number, { rules, slots }: SettleInput): number => {
  let left = deferralRoom(runs, { rules, slots });
  let slotMs = slots.previous(untilMs, runs.cursorMs);
  for (; slotMs !== undefined && left > 0; left--) slotMs = slots.previous(slotMs - 1, runs.cursorMs);
  return slotMs ?? runs.cursorMs;
};

/** Claims the first kept slot; slots that are too late are missed. */
const claimCatchUp = (runs: Runs, input: SettleInput): RunEvent[] => {
  const { slots, rules, nowMs } = input;
  const tooLateMs = rules.maxLatenessMs === undefined ? undefined : nowMs - rules.maxLatenessMs - 1;
  const events: RunEvent[] = [];
  let after = runs;
  for (let [span, ...later] = runs.catchUp; span !== undefined; [span, ...later] = later) {
    const lastMs = tooLateMs === undefined ? undefined : slots.lastDue(tooLateMs, span.afterMs);
    if (lastMs !== undefined) {
      const missed = { afterMs: span.afterMs, untilMs: Math.min(lastMs, span.untilMs) };
      span = { ...span, afterMs: missed.untilMs };
      after = { ...after, catchUp: [...restOf(span, slots), ...later] };
      events.push(...missSpan(after, missed, { ...input, reason: 'TOO_LATE' }));
    }
    const slotMs = slots.next(span.afterMs);
    if (slotMs === undefined || slotMs > span.untilMs) continue;
    after = { ...after, catchUp: [...restOf({ ...span, afterMs: slotMs }, slots), ...later] };
    return [...events, claimCaughtUp(after, input, { slotMs, late: lateness(slotMs, input) })];
  }
  return events;
};

/** The span, unless it has no slot left. */
const restOf = (span: Span, slots: JobSlots): Span[] => {
  const nextMs = slots.next(span.afterMs);
  return nextMs === undefined || nextMs > span.untilMs ? [] : [span];
};

type MissInput = Pick<SettleInput, 'job' | 'slots'> & { readonly reason: RangeEvent['data']['reason'] };

const missSpan = (runs: Runs, span: Span, { job, slots, reason }: MissInput): RangeEvent[] => {
  const event = rangeEvent({ job, runs, slots, span, type: 'OccurrencesMissed', reason });
  return event === undefined ? [] : [event];
};

/** Records all kept slots as missed. */
export const missCatchUp = (runs: Runs, input: MissInput): SettleResult => {
  const events: RangeEvent[] = [];
  let after = runs;
  for (let [span, ...later] = runs.catchUp; span !== undefined; [span, ...later] = later) {
    after = { ...after, catchUp: later };
    events.push(...missSpan(after, span, input));
  }
  return { events, runs: after };
};

/** Drops all kept slots after the job has completed. */
const dropCatchUp = (runs: Runs, { job, slots }: SettleInput): RunEvent[] => [
  ...missCatchUp(runs, { job, slots, reason: 'MAX_RUNS' }).events,
];

/** Slots skipped in a blackout are recorded with the next called slot, or after this time. */
const CLOSED_FLUSH_MS = 3_600_000;

/** Settles due slots: at most one is called, and the others are skipped or missed, according to the job's rules. */
export const settleSlots = (runs: Runs, input: SettleInput): RunEvent[] => {
  switch (decideOverlap(runs, input.rules)) {
    case 'none':
      return dropCatchUp(runs, input);
    case 'wait':
      return [];
    case 'skip':
      return skipDue(runs, input);
    case 'queue':
      return queueDue(runs, input);
    case 'replace':
      return replaceDue(runs, input);
    case 'call':
      return input.isPaused ? flushClosed(runs, input) : callDue(runs, input);
  }
};

const callDue = (runs: Runs, input: SettleInput): RunEvent[] => {
  const slotMs = slotToCall(runs, input);
  if (slotMs === undefined) {
    if (!input.mayCall) return flushClosed(runs, input);
    const { events, runs: after } = keepHeld(runs, input);
    if (after.catchUp.length > 0) return [...events, ...claimCatchUp(after, input)];
    return events.length > 0 ? [...events] : flushClosed(runs, input);
  }
  const isAhead = input.slots.dueMs(slotMs) > input.nowMs;
  if (input.atLimit) return isAhead ? flushClosed(runs, input) : waitForLimit(runs, slotMs, input);
  switch (input.rules.misfire) {
    case 'last':
      return callOrMiss(runs, slotMs, input);
    case 'skip':
      return hasPassed(slotMs, input) ? [...settleLate(runs, slotMs, input).events] : callOrMiss(runs, slotMs, input);
    case 'all':
      return input.mayCall ? callAndCatchUp(runs, slotMs, input) : skipClosed(runs, input);
  }
};

/** The latest due slot outside blackouts; if none is due, the next one, if it can be claimed ahead. */
const slotToCall = (runs: Runs, input: SettleInput): number | undefined => {
  const { slots, nowMs, aheadMs } = input;
  const dueMs = lastOutsideClosures(runs, input);
  if (dueMs !== undefined) return dueMs;
  const cursorMs = slots.lastDue(nowMs, runs.cursorMs) ?? runs.cursorMs;
  const nextMs = nextToSettle({ cursorMs }, input);
  return nextMs === undefined || slots.dueMs(nextMs) > nowMs + aheadMs ? undefined : nextMs;
};

/** Claims a slot, unless it is too late or has to wait for capacity; earlier ones are missed. */
const callOrMiss = (runs: Runs, slotMs: number, input: SettleInput): RunEvent[] => {
  const { events, runs: after } = settleLate(runs, slotMs - 1, input);
  if (isTooLate(slotMs, input)) return [...events, ...missTooLate(after, slotMs, input)];
  if (!input.mayCall) return [...events];
  return [...events, claimSlot(after, input, { slotMs, late: lateness(slotMs, input) })];
};

/** Claims a slot that is on time and keeps earlier ones; otherwise claims the first kept one. */
const callAndCatchUp = (runs: Runs, slotMs: number, input: SettleInput): RunEvent[] => {
  const isOnTime = input.nowMs - input.slots.dueMs(slotMs) <= LATE_AFTER_MS;
  const { events, runs: after } = keepForCatchUp(runs, isOnTime ? slotMs - 1 : slotMs, input);
  const claimed = isOnTime ? [claimSlot(after, input, { slotMs, late: undefined })] : claimCatchUp(after, input);
  return [...events, ...claimed];
};

/** Skips the slots in blackouts before the first one outside them. */
const skipClosed = (runs: Runs, input: SettleInput): RunEvent[] => {
  const slotMs = firstOutsideClosures(runs, input);
  return slotMs === undefined ? [] : [...settleLate(runs, slotMs - 1, input).events];
};

/** Keeps the slots that pauses deferred until now, if all due slots are in blackouts. */
const keepHeld = (runs: Runs, input: SettleInput): SettleResult => {
  const lastMs = input.slots.lastDue(input.nowMs, runs.cursorMs);
  if (lastMs === undefined || !canDefer(input.closures, { afterMs: runs.cursorMs, untilMs: lastMs }))
    return { events: [], runs };
  return skipPaused(runs, lastMs, input);
};

const skipPaused = (runs: Runs, untilMs: number, { job, rules, slots, closures, nowMs }: SettleInput): SettleResult =>
  settleUntil({ job, runs, rules, slots, closures, nowMs, untilMs, type: 'OccurrencesSkipped', reason: 'PAUSED' });

/** Records the slots that passed in blackouts as skipped, once an hour. */
const flushClosed = (runs: Runs, input: SettleInput): RunEvent[] => {
  const lastMs = input.slots.lastDue(input.nowMs, runs.cursorMs);
  if (lastMs === undefined || input.nowMs < closedFlushMs(runs, input)) return [];
  return [...skipPaused(runs, lastMs, input).events];
};

/**
 * The latest time to record slots that passed in blackouts as skipped, epoch ms; Infinity if there is no slot. If a pause
 * defers slots by then, recording waits until the job is called again.
 */
export const closedFlushMs = (runs: Runs, { slots, closures }: ClosableSlots): number => {
  const firstMs = slots.next(runs.cursorMs);
  if (firstMs === undefined) return Number.POSITIVE_INFINITY;
  const flushMs = slots.dueMs(firstMs) + CLOSED_FLUSH_MS;
  const span = { afterMs: runs.cursorMs, untilMs: slots.placeMs(flushMs) };
  return canDefer(closures, span) ? Number.POSITIVE_INFINITY : flushMs;
};

/**
 * Makes a due slot a pending execution because the job's limit has no capacity, so later slots do not displace it. Earlier
 * slots are settled as if it were called.
 */
const waitForLimit = (runs: Runs, slotMs: number, input: SettleInput): RunEvent[] => {
  if (input.rules.misfire === 'skip' && hasPassed(slotMs, input)) return [...settleLate(runs, slotMs, input).events];
  const { events, runs: after } = settleBefore(runs, slotMs, input);
  if (isTooLate(slotMs, input)) return [...events, ...missTooLate(after, slotMs, input)];
  return [...events, queueSlot(after, { ...input, slotMs, waitsFor: 'LIMIT' })];
};

const settleBefore = (runs: Runs, slotMs: number, input: SettleInput): SettleResult =>
  input.rules.misfire === 'all' ? keepForCatchUp(runs, slotMs - 1, input) : settleLate(runs, slotMs - 1, input);
