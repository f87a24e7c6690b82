import type { BulkItem, BulkWork, Operation, Reprocess } from '../../../domain/events/index.ts';

/** An operation as the API shows it. */
export type OperationView = Omit<
  Operation,
  'operationId' | 'tenant' | 'work' | 'requestedBy' | 'planned' | 'cursor' | 'updatedAt'
> &
  BulkWork & { readonly id: number; readonly requestedBy: string };

/** Up to where, from where on, and how many items of an operation to look for. */
export type ItemWalk = {
  /** Items that were created later are left out, ISO. */
  readonly upTo: string;
  readonly after: Operation['cursor'];
  readonly limit: number;
};

/** An item of an operation, and its place in the walk. */
export type SelectedItem = { readonly item: BulkItem; readonly cursor: NonNullable<Operation['cursor']> };

export const BACKFILL_STATUSES = ['running', 'succeeded', 'failed', 'cancelled'] as const;

export type BackfillStatus = (typeof BACKFILL_STATUSES)[number];

/** How many slots a backfill has, and how they stand. */
export type BackfillCounts = {
  readonly total: number;
  /** Still to be called. */
  readonly waiting: number;
  readonly running: number;
  readonly succeeded: number;
  readonly failed: number;
  readonly cancelled: number;
};

export type BackfillView = BackfillCounts & {
  readonly id: number;
  readonly jobId: number;
  readonly jobName?: string;
  readonly status: BackfillStatus;
  readonly from: string;
  readonly to: string;
  readonly reprocess: Reprocess;
  readonly parallel: number;
  readonly reason?: string;
  readonly requestedAt: string;
  readonly requestedBy: string;
  readonly cancelledAt?: string;
  readonly cancelledBy?: string;
};
