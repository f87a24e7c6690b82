import { z } from 'zod';
import { Reprocess } from '../../domain/events/index.ts';
import { Instant } from '../../domain/values.ts';
import { BACKFILL_STATUSES } from '../../projections/queries/port/operations.ts';

export const BackfillSchema = z
  .object({
    id: z.int(),
    jobId: z.int(),
    jobName: z.string().optional().meta({ description: 'As the job is called now; not in the answer to POST' }),
    status: z.enum(BACKFILL_STATUSES),
    from: Instant,
    to: Instant,
    reprocess: Reprocess,
    parallel: z.int(),
    total: z.int().meta({ description: 'How many slots it has' }),
    waiting: z.int().meta({ description: 'Slots that are still to be called' }),
    running: z.int(),
    succeeded: z.int(),
    failed: z.int(),
    cancelled: z.int(),
    reason: z.string().optional(),
    requestedAt: Instant,
    requestedBy: z.string(),
    cancelledAt: Instant.optional(),
    cancelledBy: z.string().optional(),
  })
  .meta({ id: 'Backfill' });

export const DryRunSchema = z
  .object({ total: z.int(), slots: z.array(Instant) })
  .meta({ id: 'BackfillDryRun', description: 'The slots that a backfill would call' });
