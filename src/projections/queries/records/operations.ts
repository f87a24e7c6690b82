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
  applications: z.array(z.int()).optional().meta({ description: 'Only items of these applications; absent: of all' }),
  reason: z.string().optional(),
  correlationId: z.string().meta({ description: 'Every change of it is recorded under this' }),
  createdAt: Instant.meta({ description: 'What was created later is not taken' }),
  createdBy: z.string(),
  status: z.enum(OPERATION_STATUSES),
  total: z.int().optional().meta({ description: 'How many matched when it began' }),
  done: z.int(),
  rejected: z.record(z.string(), z.int()).meta({ description: 'How many were rejected, by the code of the rejection' }),
  nextAt: Instant.optional().meta({ description: 'When it continues; absent unless it rests until then' }),
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
