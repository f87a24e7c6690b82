import type { RunRules } from '../job/rules.ts';
import type { Runs } from './tail.ts';

/** Counts the executions that failed in a row, for jobs with `disableAfter` alone. */

/** The runs after an execution ended; one that was cancelled says nothing about the job's failures. */
export const countFailure = (runs: Runs, end: 'succeeded' | 'failed' | 'cancelled', rules: RunRules): Runs => {
  if (end === 'cancelled') return runs;
  const failuresInRow = end === 'failed' && rules.disableAfter !== undefined ? runs.failuresInRow + 1 : 0;
  return failuresInRow === runs.failuresInRow ? runs : { ...runs, failuresInRow };
};
