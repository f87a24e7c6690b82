import type { JobUses } from '../../src/commands/job-uses.ts';

/** For commands whose test has no jobs that name anything. */
export const NO_USES: JobUses = {
  ofCalendar: async () => ({ first: [], total: 0 }),
  ofLimit: async () => ({ first: [], total: 0 }),
};
