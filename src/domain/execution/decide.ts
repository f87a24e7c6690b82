import { backfillWithRoom, claimBackfill } from '../backfill/claim-backfill.ts';
import type { RunEvent } from '../events/index.ts';
import type { JobSlots } from '../schedule/index.ts';
import { toMs } from '../values.ts';
import { failTimedOut } from './callback-timeout.ts';
import type { JobStatus } from './cancellation.ts';
import { LATE_AFTER_MS } from './lateness.ts';
import { decideOverlap, endOfJob, type Room } from './overlap-decision.ts';
import { abandonWaiting, startableNow } from './pending.ts';
import { settleSlots } from './settle.ts';
import type { SettleInput } from './settle-input.ts';
import { startPending } from './start.ts';
import { evolveRuns, type Runs } from './tail.ts';

type DecideInput = Omit<SettleInput, 'slots'> & {
  /** The slots of the definition in force; undefined while the job is disabled or deleted. */
  readonly slots: JobSlots | undefined;
  readonly status: JobStatus;
  /** Uniform in [0, 1), for the pause before the next attempt. */
  readonly randomFraction: number;
};

type NextInput = Pick<DecideInput, 'rules' | 'status' | 'slots' | 'isPaused' | 'nowMs'>;
type NextWithPlace = NextInput & Pick<DecideInput, 'mayCall'>;

/** What is to be decided next for a job: the start of an execution that waits, or what becomes of a slot. */
const nextStep = (runs: Runs, input: NextWithPlace): 'start' | 'backfill' | Room => {
  if (endOfJob(runs, input) !== undefined) return 'none';
  if (input.mayCall && startableNow(runs, input) !== undefined) return 'start';
  const room = decideOverlap(runs, input.rules);
  if (input.isPaused) return room === 'call' ? 'none' : room;
  return room === 'none' && backfillWithRoom(runs, input.rules) !== undefined ? 'backfill' : room;
};

/** Whether the next decision may make a call, for which there has to be a place. */
export const canCallNext = (runs: Runs, input: NextInput): boolean =>
  CALLING.has(nextStep(runs, { ...input, mayCall: true }));
const CALLING: ReadonlySet<string> = new Set(['start', 'call', 'backfill']);

/** Whether the next decision may make a new execution, which needs an id. */
export const canTakeId = (runs: Runs, input: NextWithPlace): boolean => TAKING_ID.has(nextStep(runs, input));
const TAKING_ID: ReadonlySet<string> = new Set(['call', 'queue', 'replace', 'backfill']);

/** When the slot or the request was due that the next decision would call for, epoch ms; Infinity without one. */
export const dueOfNextMs = (runs: Runs, { slots, ...input }: NextInput): number => {
  const waiting = startableNow(runs, input);
  const slotMs =
    waiting === undefined ? slots?.next(runs.catchUp[0]?.afterMs ?? runs.cursorMs) : toMs(waiting.scheduledAt);
  return slotMs === undefined ? Number.POSITIVE_INFINITY : (slots?.dueMs(slotMs) ?? slotMs);
};

/**
 * Decides what is recorded for a job that the engine looks at: executions that have waited too long end, for their turn
 * or for word of their target; one that may start is started; slots that are due are settled; and where none is due,
 * a slot of a backfill is called. Starts at most one call.
 */
export const decideRuns = (runs: Runs, input: DecideInput): RunEvent[] => {
  const { slots, nowMs } = input;
  const silent = failTimedOut(runs, input);
  if (silent.length > 0) return silent;
  const abandoned = abandonWaiting(runs, input);
  if (endOfJob(runs, input) !== undefined) return abandoned;
  // A place is not spent on giving up what waits in vain: else what is late may keep what can be called from it for ever.
  const left = abandoned.reduce(evolveRuns, runs);
  const waiting = startableNow(left, input);
  if (waiting !== undefined && input.mayCall) {
    const slotMs = toMs(waiting.scheduledAt);
    const isLate = waiting.trigger === 'schedule' && nowMs - (slots?.dueMs(slotMs) ?? slotMs) > LATE_AFTER_MS;
    return [...abandoned, ...startPending(left, { ...input, executionId: waiting.executionId, isLate })];
  }
  if (abandoned.length > 0) return abandoned;
  const settled = slots === undefined ? [] : settleSlots(runs, { ...input, slots });
  return settled.length > 0 ? settled : claimBackfill(runs, input);
};
