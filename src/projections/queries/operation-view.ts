import { actorName, type Operation } from '../../domain/events/index.ts';
import type { OperationView } from './port/operations.ts';

/** An operation as the API shows it. */
export const toOperationView = (operation: Operation): OperationView => {
  const { operationId, tenant: _, work, requestedBy, planned: __, cursor: ___, updatedAt: ____, ...shown } = operation;
  return { id: operationId, ...work, ...shown, requestedBy: actorName(requestedBy) };
};
