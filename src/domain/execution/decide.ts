import { backfillWithRoom, claimBackfill } from '../backfill/backfill.ts';
import { withMovedSlots } from '../closure/shift.ts';
import type { RunEvent } from '../events/index.ts';
import type { JobSlots } from '../schedule/index.ts';
import { failTimedOut } from './callback-timeout.ts';
import type { JobStatus } from './cancellation.ts';
import { dueOfMs, LATE_AFTER_MS } from './lateness.ts';
import { decideOverlap, endOfJob } from './overlap-decision.ts';
import { abandonWaiting, startableNow } from './pending.ts';
import { settleSlots } from './settle.ts';
import type { SettleInput } from './settle-input.ts';
import { startPending } from './start.ts';
import { evolveRuns, type Runs } from './tail.ts';

type DecideInput = Omit<SettleInput, 'slots'> & {
  /** Slots of the active definition; `undefined` while the job is disabled or deleted. */
  readonly slots: JobSlots | undefined;
  readonly status: JobStatus;
  readonly randomFraction: number;
};

type NextInput = Pick<DecideInput, 'rules' | 'status' | 'slots' | 'isPaused' | 'nowMs'>;

/** Returns whether the next decision can make a call, which needs capacity. */
export const canCallNext = (runs: Runs, input: NextInput): boolean => {
  const { rules, isPaused, nowMs } = input;
  if (endOfJob(runs, input, nowMs) !== undefined) return false;
  if (startableNow(runs, input) !== undefined) return true;
  if (isPaused) return false;
  const room = decideOverlap(runs, rules);
  return room === 'call' || (room === 'none' && backfillWithRoom(runs, rules) !== undefined);
};

/** When the slot or request of the next decision's call was due, epoch ms; Infinity without one. */
export const dueOfNextMs = (runs: Runs, input: NextInput & Pick<DecideInput, 'closures'>): number => {
  const waiting = startableNow(runs, input);
  if (waiting !== undefined) return dueOfMs(waiting, input.slots);
  const { slots } = withMovedSlots(input);
  const slotMs = slots?.next(runs.catchUp[0]?.afterMs ?? runs.cursorMs);
  return slotMs === undefined ? Number.POSITIVE_INFINITY : (slots?.dueMs(slotMs) ?? slotMs);
};

/**
 * Decides what to record for a job. Ends executions that waited too long for their turn or for their target; starts an
 * execution that can start; settles due slots; if none is due, calls a slot of a backfill. Starts at most one call.
 */
export const decideRuns = (runs: Runs, given: DecideInput): RunEvent[] => {
  const input = withMovedSlots(given);
  const { nowMs } = input;
  const silent = failTimedOut(runs, given);
  if (silent.length > 0) return silent;
  const abandoned = abandonWaiting(runs, given);
  if (endOfJob(runs, input, nowMs) !== undefined) return abandoned;
  // Abandoning waiting executions uses no capacity: otherwise late slots could block callable ones forever.
  const left = abandoned.reduce(evolveRuns, runs);
  const waiting = startableNow(left, given);
  if (waiting !== undefined && input.mayCall) {
    const isLate = waiting.trigger === 'schedule' && nowMs - dueOfMs(waiting, given.slots) > LATE_AFTER_MS;
    return [...abandoned, ...startPending(left, { ...input, executionId: waiting.executionId, isLate })];
  }
  if (abandoned.length > 0) return abandoned;
  const settled = hasSlots(input) ? settleSlots(runs, input) : [];
  return settled.length > 0 ? settled : claimBackfill(runs, input);
};

const hasSlots = (input: DecideInput): input is DecideInput & SettleInput => input.slots !== undefined;
