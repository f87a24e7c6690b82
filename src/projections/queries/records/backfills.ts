import { Reprocess } from '../../../domain/events/index.ts';
import {
  bigint,
  choice,
  instant,
  type RecordChange,
  type RecordSource,
  type RecordView,
  record,
  text,
} from '../../record.ts';

export const backfillRecord = record(
  'backfill',
  {
    id: bigint().named('backfill_id'),
    tenant: text().inner(),
    jobId: bigint(),
    from: instant().named('from_at'),
    to: instant().named('to_at'),
    reprocess: choice(Reprocess),
    parallel: bigint(),
    total: bigint().describe('Number of its slots'),
    createdAt: instant(),
    createdBy: text(),
    reason: text().optional(),
    cancelledAt: instant().optional(),
    cancelledBy: text().optional(),
  },
  { key: ['id'] },
);
export type BackfillChange = RecordChange<typeof backfillRecord>;

export const BACKFILL_STATUSES = ['running', 'succeeded', 'failed', 'cancelled'] as const;
type BackfillStatus = (typeof BACKFILL_STATUSES)[number];

/** Statuses of a backfill's executions. */
type Begun = {
  readonly running: number;
  readonly succeeded: number;
  readonly failed: number;
  readonly cancelled: number;
};
export const NONE_BEGUN: Begun = { running: 0, succeeded: 0, failed: 0, cancelled: 0 };

export type BackfillView = RecordView<typeof backfillRecord> &
  Begun & {
    readonly status: BackfillStatus;
    /** Number of uncalled slots. */
    readonly waiting: number;
  };

export const backfillView = (source: RecordSource<typeof backfillRecord>, begun: Begun): BackfillView => {
  const view = backfillRecord.view(source);
  const { running, succeeded, failed, cancelled } = begun;
  const left = Math.max(view.total - running - succeeded - failed - cancelled, 0);
  const counts =
    view.cancelledAt === undefined
      ? { waiting: left, cancelled, status: statusOf(begun, left) }
      : { waiting: 0, cancelled: cancelled + left, status: 'cancelled' as const };
  return { ...view, running, succeeded, failed, ...counts };
};

/** The status of a backfill that was not cancelled: it has ended when no slot waits or runs. */
const statusOf = ({ running, failed, cancelled }: Begun, waiting: number): BackfillStatus => {
  if (waiting + running > 0) return 'running';
  return failed + cancelled > 0 ? 'failed' : 'succeeded';
};
