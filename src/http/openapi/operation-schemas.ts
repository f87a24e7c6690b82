import { z } from 'zod';
import {
  EXECUTION_ACTIONS,
  ExecutionSelection,
  JOB_ACTIONS,
  JobSelection,
  OPERATION_STATUSES,
  OperationError,
} from '../../domain/events/index.ts';
import { Instant } from '../../domain/values.ts';

/** Schemas of what a bulk answers with. */

export const CountSchema = z
  .object({ count: z.int().meta({ description: 'How many match now' }) })
  .meta({ id: 'BulkCount' });

const shown = {
  id: z.int(),
  applications: z.array(z.int()).optional().meta({ description: 'It takes what is of these alone; absent: of all' }),
  reason: z.string().optional(),
  correlationId: z.string().meta({ description: 'Every change of it is recorded under this' }),
  requestedAt: Instant.meta({ description: 'What was created later is not taken' }),
  requestedBy: z.string(),
  status: z.enum(OPERATION_STATUSES),
  total: z.int().optional().meta({ description: 'How many matched when it began' }),
  done: z.int(),
  refused: z.record(z.string(), z.int()).meta({ description: 'How many were refused, by the code of the refusal' }),
  cancelledAt: Instant.optional(),
  cancelledBy: z.string().optional(),
  endedAt: Instant.optional(),
  error: OperationError.optional(),
};

export const OperationSchema = z
  .discriminatedUnion('of', [
    z.object({ of: z.literal('jobs'), action: z.enum(JOB_ACTIONS), filter: JobSelection, ...shown }),
    z.object({ of: z.literal('executions'), action: z.enum(EXECUTION_ACTIONS), filter: ExecutionSelection, ...shown }),
  ])
  .meta({ id: 'Operation' });
