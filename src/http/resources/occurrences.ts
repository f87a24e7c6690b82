import { z } from 'zod';
import { CLOSURE_REASONS, LATE_REASONS, NOT_CALLED_REASONS } from '../../domain/events/index.ts';
import { EXPECTED_OUTCOMES, SLOT_OUTCOMES } from '../../domain/ledger/explain-slot.ts';
import { Instant } from '../../domain/values.ts';
import { SlotCountsSchema } from './audit.ts';
import { jobNameSchemas } from './executions.ts';

export const OccurrenceSchema = z
  .object({
    jobId: z.int(),
    applicationId: z.int().optional(),
    ...jobNameSchemas,
    at: Instant,
    outcome: z.enum(SLOT_OUTCOMES),
    reason: z.enum([...NOT_CALLED_REASONS, ...LATE_REASONS]).optional(),
    executionId: z.int().optional(),
    expected: z
      .enum(EXPECTED_OUTCOMES)
      .optional()
      .meta({ description: 'The expected outcome of a due slot; absent if it will be called on time' }),
    expectedReason: z.enum(CLOSURE_REASONS).optional().meta({ description: 'The reason for the expected outcome' }),
    pauseId: z.int().optional().meta({ description: 'The pause that skips or defers the slot' }),
    operationId: z.int().optional().meta({ description: 'The bulk operation that set the pause' }),
    definitionVersion: z.int().meta({ description: 'The version of the job at that time; the first is 1' }),
  })
  .meta({ id: 'Occurrence', description: 'A slot of a job, with its outcome' });

export const SlotDaySchema = z
  .object({
    date: z.string().meta({ format: 'date' }),
    ...SlotCountsSchema.shape,
    failed: z.int().meta({ description: 'Called slots, on time or late, that failed' }),
  })
  .meta({ id: 'SlotDay', description: 'The outcomes of the slots of a day' });
