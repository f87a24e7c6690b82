import type { ReadModels } from '../../src/commands/read-models.ts';

/** Read models for commands of a test without jobs that use resources, and without earlier calls of backfilled slots. */
export const NO_USES: ReadModels = {
  findJobs: async () => undefined,
  slotHistory: async () => new Map(),
  hasRoom: async () => true,
  jobsWithCalendar: async () => ({ first: [], total: 0 }),
  jobsWithHookVariable: async () => ({ first: [], total: 0 }),
  jobsWithLimit: async () => ({ first: [], total: 0 }),
  usesOfApplication: async () => ({ jobs: { first: [], total: 0 }, executions: { first: [], total: 0 } }),
  pausesOfApplication: async () => [],
};
