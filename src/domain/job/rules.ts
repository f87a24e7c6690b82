import type { JobDefinition } from '../events/index.ts';

/** What a job's definition says about its runs, in milliseconds where it says how long. */
export type RunRules = {
  readonly misfire: 'last' | 'skip' | 'all';
  readonly misfireLimit: number;
  readonly maxLatenessMs: number | undefined;
  readonly overlap: 'skip' | 'allow' | 'queue' | 'replace';
  readonly jitterMs: number;
  readonly maxRuns: number | undefined;
};
export const DEFAULT_RULES: RunRules = Object.freeze({
  misfire: 'last' as const,
  misfireLimit: 100,
  maxLatenessMs: undefined,
  overlap: 'skip' as const,
  jitterMs: 0,
  maxRuns: undefined,
});

export const rulesOf = (_definition: JobDefinition): RunRules => DEFAULT_RULES;
