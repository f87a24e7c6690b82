import type { OpenExecution } from '../events/index.ts';
import type { RunRules } from '../job/rules.ts';
import type { JobSlots } from '../schedule/index.ts';
import type { JobStatus } from './cancellation.ts';
import type { Runs } from './tail.ts';

/** What to do with a slot that is due now, given the open executions. */
export type Room =
  | 'call'
  /** It waits, and is claimed when the open executions have ended. */
  | 'wait'
  /** It becomes a pending execution that starts after the open ones. */
  | 'queue'
  /** It becomes a pending execution, and the open ones are cancelled. */
  | 'replace'
  | 'skip'
  /** The job is completed: no slot is due any more. */
  | 'none';

/** Maximum open executions of a job with `overlap: allow`. */
export const MAX_OPEN = 100;

export const decideOverlap = (runs: Runs, rules: RunRules): Room => {
  if (hasReachedMaxRuns(runs, rules)) return 'none';
  if (runs.open.length === 0) return 'call';
  if (rules.overlap !== 'allow' && runs.open.every(yieldsToSchedule)) return 'wait';
  return roomBeside(runs, rules);
};

/**
 * Returns whether scheduled slots take precedence over an execution and are not skipped for it: true for catch-up slots and
 * backfills.
 */
export const yieldsToSchedule = ({ catchUp, trigger }: OpenExecution): boolean =>
  catchUp === true || trigger === 'backfill';

/** The same decision for an execution requested beside the schedule. */
export const roomBeside = (runs: Runs, rules: Pick<RunRules, 'overlap'>): Exclude<Room, 'wait' | 'none'> => {
  if (runs.open.length === 0) return 'call';
  switch (rules.overlap) {
    case 'allow':
      return runs.open.length < MAX_OPEN ? 'call' : 'skip';
    case 'skip':
      return 'skip';
    case 'queue':
      return runs.open.some(hasNotBegun) ? 'skip' : 'queue';
    case 'replace':
      return 'replace';
  }
};

/** Returns whether an execution was never called; one that waits for a retry was. */
export const hasNotBegun = ({ state, attempt }: OpenExecution): boolean => state === 'pending' && attempt === 0;

export const hasReachedMaxRuns = ({ runs, open }: Runs, { maxRuns }: RunRules): boolean =>
  maxRuns !== undefined && runs + open.filter(willCount).length >= maxRuns;

const willCount = (execution: OpenExecution): boolean =>
  execution.trigger === 'schedule' && hasNotBegun(execution) && execution.uncounted !== true;

/** What determines whether a job continues. */
export type JobInForce = {
  readonly rules: RunRules;
  readonly status: JobStatus;
  /** Slots of the active definition; `undefined` if none is due. */
  readonly slots: JobSlots | undefined;
};

/** Returns what to do with a job that has failed too often or has no slots left, before any further call. */
export const endOfJob = (runs: Runs, input: JobInForce, nowMs: number): 'disable' | 'delete' | undefined => {
  const { rules, status } = input;
  if (status !== 'enabled') return undefined;
  if (rules.disableAfter !== undefined && runs.failuresInRow >= rules.disableAfter) return 'disable';
  return deletionMs(runs, input) <= nowMs ? 'delete' : undefined;
};

/** When a completed job is deleted, epoch ms; -Infinity if immediately, Infinity if it is kept or has slots left. */
export const deletionMs = (runs: Runs, input: JobInForce): number => {
  const { rules, status } = input;
  const isLeft = status === 'enabled' && rules.afterCompletion === 'delete' && isCompleted(runs, input);
  if (!isLeft) return Number.POSITIVE_INFINITY;
  return rules.deleteAfterMs === 0 ? Number.NEGATIVE_INFINITY : runs.cursorMs + rules.deleteAfterMs;
};

/** Returns whether all slots of a job are settled and none will follow. */
const isCompleted = (runs: Runs, { rules, slots }: JobInForce): boolean =>
  runs.open.length === 0 &&
  runs.catchUp.length === 0 &&
  runs.backfills.length === 0 &&
  (hasReachedMaxRuns(runs, rules) || slots?.next(runs.cursorMs) === undefined);
