import type { BackfillCounts, BackfillStatus } from './port/operations.ts';

/** How a backfill stands that was not cancelled: it has ended once none of its slots waits or runs. */
export const backfillStatus = ({ waiting, running, failed, cancelled }: BackfillCounts): BackfillStatus => {
  if (waiting + running > 0) return 'running';
  return failed + cancelled > 0 ? 'failed' : 'succeeded';
};
