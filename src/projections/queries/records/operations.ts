import { z } from 'zod';
import {
  actorName,
  BulkWork,
  OPERATION_STATUSES,
  type Operation,
  OperationError,
} from '../../../domain/events/index.ts';
import { Instant } from '../../../domain/values.ts';

const shown = {
  id: z.int(),
  applications: z.array(z.int()).optional().meta({ description: 'Only items of these applications; absent: no limit' }),
  reason: z.string().optional(),
  pauseId: z.int().optional().meta({ description: 'The pause of its jobs until they are changed; absent: none' }),
  correlationId: z.string().meta({ description: 'The request id of all its changes' }),
  createdAt: Instant.meta({ description: 'Items created later are not included' }),
  createdBy: z.string(),
  status: z.enum(OPERATION_STATUSES),
  total: z.int().optional().meta({ description: 'Number of matches at the start' }),
  done: z.int(),
  rejected: z.record(z.string(), z.int()).meta({ description: 'Number of rejected items, by code' }),
  nextAt: Instant.optional().meta({ description: 'Time when it continues; absent unless it waits' }),
  cancelledAt: Instant.optional(),
  cancelledBy: z.string().optional(),
  endedAt: Instant.optional(),
  error: OperationError.optional(),
};

const [jobsWork, executionsWork] = BulkWork.options;

/** An operation as the API shows it. */
export const OperationView = z
  .discriminatedUnion('of', [jobsWork.extend(shown), executionsWork.extend(shown)])
  .meta({ id: 'Operation' });
export type OperationView = z.infer<typeof OperationView>;

/** An operation as the API shows it. */
export const toOperationView = (operation: Operation): OperationView => {
  const { operationId, tenant: _, work, createdBy, planned: __, cursor: ___, updatedAt: ____, ...shown } = operation;
  return { id: operationId, ...work, ...shown, createdBy: actorName(createdBy) };
};
