import type { RunEvent } from '../events/index.ts';
import { keepForCatchUp } from './catch-up.ts';
import { hasPassed, isTooLate, missTooLate, settleLate } from './late.ts';
import type { Settled } from './range.ts';
import type { SettleInput } from './settle-input.ts';
import { queueSlot } from './start.ts';
import type { Runs } from './tail.ts';

/**
 * Makes a slot that is due, and for whose call the job's limit leaves no room, a pending execution. So it is kept
 * whatever comes due meanwhile. What became of the slots before it is as if it was called.
 */
export const waitForLimit = (runs: Runs, slotMs: number, input: SettleInput): RunEvent[] => {
  if (input.rules.misfire === 'skip' && hasPassed(slotMs, input)) return [...settleLate(runs, slotMs, input).events];
  const { events, runs: after } = settleBefore(runs, slotMs, input);
  if (isTooLate(slotMs, input)) return [...events, ...missTooLate(after, slotMs, input)];
  return [...events, queueSlot(after, { ...input, slotMs, waitsFor: 'LIMIT' })];
};

const settleBefore = (runs: Runs, slotMs: number, input: SettleInput): Settled =>
  input.rules.misfire === 'all' ? keepForCatchUp(runs, slotMs - 1, input) : settleLate(runs, slotMs - 1, input);
