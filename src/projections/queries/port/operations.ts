import type { BulkItem, BulkWork, Operation } from '../../../domain/events/index.ts';

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
