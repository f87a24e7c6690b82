import type { JobUses, SlotHistories } from '../../src/commands/read-models.ts';

/** For commands whose test has no backfills, or none whose slots were called before. */
export const NO_HISTORY: SlotHistories = async () => new Map();

/** For commands whose test has no jobs that name anything. */
export const NO_USES: JobUses = {
  ofCalendar: async () => ({ first: [], total: 0 }),
  ofHookVariable: async () => ({ first: [], total: 0 }),
  ofLimit: async () => ({ first: [], total: 0 }),
  ofApplication: async () => ({ jobs: { first: [], total: 0 }, executions: { first: [], total: 0 } }),
  pausesOf: async () => [],
};
