import type { OpenExecution } from '../events/index.ts';
import type { RunRules } from '../job/rules.ts';
import type { JobSlots } from '../schedule/index.ts';
import type { JobStatus } from './cancellation.ts';
import type { Runs } from './tail.ts';

/** What is to be done with a slot that comes due now, by what is open. */
export type Room =
  /** It may be called. */
  | 'call'
  /** It waits, and is claimed once what is open has ended. */
  | 'wait'
  /** It becomes a pending execution, which starts after what is open. */
  | 'queue'
  /** It becomes a pending execution, and what is open is cancelled for it. */
  | 'replace'
  | 'skip'
  /** The job has made all its runs: no slot is due any more. */
  | 'none';

/** With `overlap: allow`, at most so many executions of a job are open. */
export const MAX_OPEN = 100;

export const decideOverlap = (runs: Runs, rules: RunRules): Room => {
  if (hasReachedMaxRuns(runs, rules)) return 'none';
  if (runs.open.length === 0) return 'call';
  if (rules.overlap !== 'allow' && runs.open.every(yieldsToSchedule)) return 'wait';
  return roomBeside(runs, rules);
};

/**
 * Whether slots of the schedule go before an execution: they are not skipped for it. So it is for late slots that are
 * caught up with and for those of backfills.
 */
export const yieldsToSchedule = ({ catchUp, trigger }: OpenExecution): boolean =>
  catchUp === true || trigger === 'backfill';

/** The same for an execution that is asked for beside the schedule. */
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

/** Whether an execution was never called; one that waits for its next attempt was. */
export const hasNotBegun = ({ state, attempt }: OpenExecution): boolean => state === 'pending' && attempt === 0;

export const hasReachedMaxRuns = ({ runs, open }: Runs, { maxRuns }: RunRules): boolean =>
  maxRuns !== undefined && runs + open.filter(willCount).length >= maxRuns;

/** Whether the run of a waiting slot is counted once it is called. */
const willCount = (execution: OpenExecution): boolean =>
  execution.trigger === 'schedule' && hasNotBegun(execution) && execution.uncounted !== true;

type EndInput = {
  readonly rules: RunRules;
  readonly status: JobStatus;
  readonly slots: JobSlots | undefined;
};

/** What the engine does with a job that has failed too often, or that has no slot left; nothing of it is called first. */
export const endOfJob = (runs: Runs, input: EndInput): 'disable' | 'delete' | undefined => {
  const { rules, status, slots } = input;
  if (status !== 'enabled') return undefined;
  if (rules.disableAfter !== undefined && runs.failuresInRow >= rules.disableAfter) return 'disable';
  return rules.afterCompletion === 'delete' && isCompleted(runs, { rules, slots }) ? 'delete' : undefined;
};

/** Whether all slots of a job are settled and none is to come. */
const isCompleted = (runs: Runs, { rules, slots }: Pick<EndInput, 'rules' | 'slots'>): boolean =>
  runs.open.length === 0 &&
  runs.catchUp.length === 0 &&
  runs.backfills.length === 0 &&
  (hasReachedMaxRuns(runs, rules) || slots?.next(runs.cursorMs) === undefined);
