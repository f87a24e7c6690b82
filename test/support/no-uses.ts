import type { JobUses, SlotHistories } from '../../src/commands/read-models.ts';

/** For commands of a test without backfills, or without earlier calls of their slots. */
export const NO_HISTORY: SlotHistories = async () => new Map();

/** For commands of a test without jobs that use resources. */
export const NO_USES: JobUses = {
  ofCalendar: async () => ({ first: [], total: 0 }),
  ofHookVariable: async () => ({ first: [], total: 0 }),
  ofLimit: async () => ({ first: [], total: 0 }),
  ofApplication: async () => ({ jobs: { first: [], total: 0 }, executions: { first: [], total: 0 } }),
  pausesOf: async () => [],
};
