import { z } from 'zod';
import { Instant } from '../../domain/values.ts';
import { BACKFILL_STATUSES, backfillRecord } from '../../projections/queries/records/backfills.ts';

export const BackfillSchema = z
  .object({
    ...backfillRecord.schemas,
    jobName: z.string().optional().meta({ description: 'As the job is called now; not in the answer to POST' }),
    status: z.enum(BACKFILL_STATUSES),
    waiting: z.int().meta({ description: 'Slots that are still to be called' }),
    running: z.int(),
    succeeded: z.int(),
    failed: z.int(),
    cancelled: z.int(),
  })
  .meta({ id: 'Backfill' });

export const DryRunSchema = z
  .object({ total: z.int(), slots: z.array(Instant) })
  .meta({ id: 'BackfillDryRun', description: 'The slots that a backfill would call' });
