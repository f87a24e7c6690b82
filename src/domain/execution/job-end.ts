import type { RunRules } from '../job/rules.ts';
import type { JobSlots } from '../schedule/index.ts';
import { hasMadeAllRuns } from './room.ts';
import type { JobStatus } from './still-wanted.ts';
import type { Runs } from './tail.ts';

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
  (hasMadeAllRuns(runs, rules) || slots?.next(runs.cursorMs) === undefined);
