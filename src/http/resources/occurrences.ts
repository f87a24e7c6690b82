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
      .meta({ description: 'What becomes of a slot that is due as things stand; absent where it is called in time' }),
    because: z.enum(CLOSURE_REASONS).optional().meta({ description: 'Why it is expected' }),
    pauseId: z.int().optional().meta({ description: 'The pause for which it is skipped or held back' }),
    operationId: z.int().optional().meta({ description: 'The bulk operation that set the pause' }),
    definitionVersion: z.int().meta({ description: 'The version of the job that was in force then; the first is 1' }),
  })
  .meta({ id: 'Occurrence', description: 'A slot of a job, and what became of it' });

export const SlotDaySchema = z
  .object({
    date: z.string().meta({ format: 'date' }),
    ...SlotCountsSchema.shape,
    failed: z.int().meta({ description: 'Slots that were called, in time or late, and whose execution failed' }),
  })
  .meta({ id: 'SlotDay', description: 'What became of the slots of a day' });
