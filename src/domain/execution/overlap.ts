import { type Blackout, closureAt } from '../closure/closure.ts';
import type { RunEvent } from '../events/index.ts';
import { toInstant } from '../values.ts';
import { cancelForNewer, makeRoomForNewer } from './cancel.ts';
import { type ClosableSlots, firstNotDeferred } from './deferred-slots.ts';
import { settleUntil } from './range.ts';
import type { SettleInput } from './settle-input.ts';
import { queueSlot } from './start.ts';
import type { Runs } from './tail.ts';

/** Settles slots that are due while another execution of the job is open. */

/** Slots skipped for an open execution are recorded when it ends, or at the latest after this time. */
export const SKIPPED_FLUSH_MS = 60_000;

const skipUntil = (runs: Runs, untilMs: number, { job, rules, slots, closures, nowMs }: SettleInput) =>
  settleUntil({ job, runs, rules, slots, closures, nowMs, untilMs, type: 'OccurrencesSkipped', reason: 'OVERLAP' });

/** `skip`: skips all due slots. */
export const skipDue = (runs: Runs, input: SettleInput): RunEvent[] => {
  const { slots, nowMs } = input;
  const firstMs = firstNotDeferred(runs, input);
  const lastMs = slots.lastDue(nowMs, runs.cursorMs);
  if (firstMs === undefined || lastMs === undefined) return [];
  return nowMs - slots.dueMs(firstMs) < SKIPPED_FLUSH_MS ? [] : [...skipUntil(runs, lastMs, input).events];
};

/** `queue`: the first due slot waits. */
export const queueDue = (runs: Runs, input: SettleInput): RunEvent[] => {
  const slotMs = firstDue(runs, input);
  if (slotMs === undefined) return [];
  const { events, runs: after } = skipUntil(runs, slotMs - 1, input);
  return [...events, queueSlot(after, { ...input, slotMs, waitsFor: 'OVERLAP' })];
};

/** `replace`: the last due slot waits, and the open executions are cancelled; if they are many, first some of them. */
export const replaceDue = (runs: Runs, input: SettleInput): RunEvent[] => {
  const slotMs = firstDue(runs, input) && lastOutsideClosures(runs, input);
  if (slotMs === undefined) return [];
  const skipped = skipUntil(runs, slotMs - 1, input);
  const some = makeRoomForNewer(skipped.runs, input);
  if (some.length > 0) return [...skipped.events, ...some];
  const cancelled = cancelForNewer(skipped.runs, input);
  const queued = queueSlot(cancelled.runs, { ...input, slotMs, waitsFor: 'OVERLAP' });
  return [...skipped.events, ...cancelled.events, queued];
};

const firstDue = (runs: Runs, input: SettleInput): number | undefined => {
  const slotMs = nextToSettle(runs, input);
  return slotMs === undefined || input.slots.dueMs(slotMs) > input.nowMs ? undefined : slotMs;
};

/** A blackout was given for a slot outside it. To use it could call settled slots again. */
export class WrongClosure extends Error {
  override readonly name = 'WrongClosure';
  constructor(cursorMs: number) {
    super(`for a slot after ${toInstant(cursorMs)} a blackout window was passed that does not contain it`);
  }
}

const holds = ({ fromMs, untilMs }: Blackout, slotMs: number): boolean => fromMs <= slotMs && slotMs < untilMs;

/**
 * The latest due slot outside all blackouts.
 * @throws WrongClosure
 */
export const lastOutsideClosures = (
  { cursorMs }: Runs,
  { slots, closures, nowMs }: SettleInput,
): number | undefined => {
  for (let slotMs = slots.lastDue(nowMs, cursorMs); slotMs !== undefined; ) {
    const closure = closureAt(closures, slotMs);
    if (closure === undefined) return slotMs;
    if (!holds(closure, slotMs)) throw new WrongClosure(cursorMs);
    slotMs = slots.previous(closure.fromMs - 1, cursorMs);
  }
  return undefined;
};

/** The next slot after the cursor outside all blackouts; the cursor if a wrong blackout was given. */
export const firstOutsideClosures = (
  { cursorMs }: Pick<Runs, 'cursorMs'>,
  { slots, closures }: ClosableSlots,
): number | undefined => {
  let slotMs = slots.next(cursorMs);
  for (let tries = 0; slotMs !== undefined && tries < MAX_CLOSURES; tries++) {
    const closure = closureAt(closures, slotMs);
    if (closure === undefined) return slotMs;
    if (!holds(closure, slotMs)) return cursorMs;
    slotMs = slots.next(closure.untilMs - 1);
  }
  return slotMs;
};

/** After this many consecutive blackouts, the slot is evaluated again when it is due. */
const MAX_CLOSURES = 500;

/**
 * Like `firstOutsideClosures`, for a decision.
 * @throws WrongClosure
 */
export const nextToSettle: typeof firstOutsideClosures = ({ cursorMs }, input) => {
  const slotMs = firstOutsideClosures({ cursorMs }, input);
  if (slotMs !== undefined && slotMs <= cursorMs) throw new WrongClosure(cursorMs);
  return slotMs;
};
