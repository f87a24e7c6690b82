import { type Blackout, type Blackouts, closureAt, type Held } from '../closure/closure.ts';
import type { RunRules } from '../job/rules.ts';
import type { JobSlots } from '../schedule/index.ts';
import type { Runs, Span } from './tail.ts';

/**
 * Deferred slots. Slots that a pause defers stay unsettled, with the cursor before them, until the job is called again. Then
 * the newest move to the tail's `catchUp` and older ones are skipped: one slot if the pause catches up with the last, or up
 * to the room left in `misfireLimit` if it catches up with all.
 */

/** Moves all slots after the cursor up to `untilMs` to the tail's `catchUp`. */
export const deferSpan = (runs: Runs, untilMs: number, slots: JobSlots): Runs => {
  const firstMs = slots.next(runs.cursorMs);
  if (firstMs === undefined || firstMs > untilMs) return runs;
  return { ...runs, cursorMs: untilMs, catchUp: [...runs.catchUp, { afterMs: runs.cursorMs, untilMs }] };
};

/** Number of further slots that can be kept. */
export const deferralRoom = (
  { catchUp }: Runs,
  { rules: { misfireLimit }, slots }: { readonly rules: RunRules; readonly slots: JobSlots },
): number => catchUp.reduce((room, span) => room - countIn(span, slots, misfireLimit), misfireLimit);

const countIn = ({ afterMs, untilMs }: Span, slots: JobSlots, most: number): number => {
  const due = slots.count(afterMs, untilMs, most);
  return due === undefined ? 0 : (due.count ?? most);
};

/** The slots of a job, and what closes some of them. */
export type ClosableSlots = { readonly slots: JobSlots; readonly closures: Blackouts };

/**
 * The first deferred slot that is kept if the job is called again at `untilMs`; Infinity if there is none after the cursor.
 * Earlier ones are skipped.
 */
export const firstDeferredMs = (
  runs: Runs,
  { catchUp, untilMs: heldUntilMs }: Held,
  { slots, closures, ...input }: ClosableSlots & { readonly rules: RunRules; readonly untilMs: number },
): number => {
  let left = catchUp === 'last' ? 1 : deferralRoom(runs, { slots, ...input });
  let firstMs = Number.POSITIVE_INFINITY;
  const isOfThese = ({ held }: Blackout): boolean => held?.catchUp === catchUp && held.untilMs === heldUntilMs;
  const lastMs = slots.placeMs(input.untilMs - 1);
  for (const closure of closures(runs.cursorMs, lastMs).filter(isOfThese).reverse()) {
    const afterMs = Math.max(runs.cursorMs, closure.fromMs - 1);
    let slotMs = slots.previous(Math.min(closure.untilMs - 1, lastMs), afterMs);
    for (; slotMs !== undefined && left > 0; left--) {
      firstMs = slotMs;
      slotMs = slots.previous(slotMs - 1, afterMs);
    }
  }
  return firstMs;
};

/** After this many consecutive blackouts, a slot is evaluated again when it is due. */
const MAX_CLOSURES = 500;

/** The next slot after the cursor that no pause defers, unless it is due after the job is called again. */
export const firstNotDeferred = ({ cursorMs }: Runs, { slots, closures }: ClosableSlots): number | undefined => {
  let slotMs = slots.next(cursorMs);
  for (let tries = 0; slotMs !== undefined && tries < MAX_CLOSURES; tries++) {
    const held = closureAt(closures, slotMs)?.held;
    if (held === undefined) return slotMs;
    slotMs = held.untilMs === Number.POSITIVE_INFINITY ? undefined : slots.next(slots.placeMs(held.untilMs - 1));
  }
  return slotMs;
};

/** The next deferred slot after the cursor, if no earlier slot can be called. */
export const firstDeferred = ({ cursorMs }: Runs, { slots, closures }: ClosableSlots): number | undefined => {
  let slotMs = slots.next(cursorMs);
  for (let tries = 0; slotMs !== undefined && tries < MAX_CLOSURES; tries++) {
    const closure = closureAt(closures, slotMs);
    if (closure === undefined || closure.untilMs <= slotMs) return undefined;
    if (closure.held !== undefined) return slotMs;
    slotMs = slots.next(closure.untilMs - 1);
  }
  return undefined;
};

export const canDefer = (closures: Blackouts, span: Span): boolean =>
  closures(span.afterMs, span.untilMs).some(({ held }) => held !== undefined);
