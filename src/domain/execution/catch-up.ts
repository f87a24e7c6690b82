import { withoutHolds } from '../closure/closure.ts';
import type { RunEvent } from '../events/index.ts';
import type { JobSlots } from '../schedule/index.ts';
import { deferralRoom, deferSpan } from './deferred-slots.ts';
import { lateness, settleLate } from './lateness.ts';
import { type RangeEvent, rangeEvent, type SettleResult, settleClosure } from './range.ts';
import type { SettleInput } from './settle-input.ts';
import { claimCaughtUp } from './start.ts';
import type { Runs, Span } from './tail.ts';

/**
 * With `misfire: all`, late slots are kept in the tail's `catchUp` and called one at a time after newer ones. Slots deferred
 * by a pause are kept in the same way.
 */

/**
 * Keeps all slots after the cursor up to `untilMs`. Slots in blackouts are skipped, and the oldest beyond the job's
 * `misfireLimit` are missed.
 */
export const keepForCatchUp = (runs: Runs, untilMs: number, input: SettleInput): SettleResult => {
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
export const claimCatchUp = (runs: Runs, input: SettleInput): RunEvent[] => {
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
export const dropCatchUp = (runs: Runs, { job, slots }: SettleInput): RunEvent[] => [
  ...missCatchUp(runs, { job, slots, reason: 'MAX_RUNS' }).events,
];
