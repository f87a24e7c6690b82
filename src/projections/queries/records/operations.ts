import { actorName, type BulkWork, Operation } from '../../../domain/events/index.ts';
import { bigint, boolean, instant, integer, json, record, text } from '../../record.ts';

/** An operation as the API shows it. */
export type OperationView = Omit<
  Operation,
  'operationId' | 'tenant' | 'work' | 'requestedBy' | 'planned' | 'cursor' | 'updatedAt'
> &
  BulkWork & { readonly id: number; readonly requestedBy: string };

export const operationRecord = record(
  'operation',
  {
    id: bigint().named('operation_id'),
    tenant: text().inner(),
    ended: boolean().inner(),
    requestedAt: instant(),
    /** Without the items that are planned. */
    operation: json(Operation),
    revision: integer().inner(),
  },
  { key: ['id'] },
);

/** An operation as the API shows it. */
export const toOperationView = (operation: Operation): OperationView => {
  const { operationId, tenant: _, work, requestedBy, planned: __, cursor: ___, updatedAt: ____, ...shown } = operation;
  return { id: operationId, ...work, ...shown, requestedBy: actorName(requestedBy) };
};
