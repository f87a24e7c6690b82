import type { RunRules } from '../job/rules.ts';
import type { JobStatus } from './still-wanted.ts';
import type { Runs } from './tail.ts';

/** Counts the executions that failed in a row, for jobs with `disableAfter` alone. */

/** The runs after an execution ended; one that was cancelled says nothing about the job's failures. */
export const countFailure = (runs: Runs, end: 'succeeded' | 'failed' | 'cancelled', rules: RunRules): Runs => {
  if (end === 'cancelled') return runs;
  const failuresInRow = end === 'failed' && rules.disableAfter !== undefined ? runs.failuresInRow + 1 : 0;
  return failuresInRow === runs.failuresInRow ? runs : { ...runs, failuresInRow };
};

/** Whether the job has failed so often in a row that the engine disables it, and calls nothing of it before that. */
export const isToBeDisabled = (
  { failuresInRow }: Runs,
  { rules, status }: { readonly rules: RunRules; readonly status: JobStatus },
): boolean => status === 'enabled' && rules.disableAfter !== undefined && failuresInRow >= rules.disableAfter;
