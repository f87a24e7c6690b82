import { z } from 'zod';
import { LATE_REASONS } from '../../domain/events/index.ts';
import { FAULTS } from '../../domain/ledger/faults.ts';
import { UNCALLED_REASONS } from '../../domain/ledger/uncalled.ts';
import { Instant } from '../../domain/values.ts';

/** Schemas of counts of slots. */

export const SlotCountsSchema = z
  .object({
    fired: z.int(),
    late: z.partialRecord(z.enum(LATE_REASONS), z.int()),
    skipped: z.partialRecord(z.enum(UNCALLED_REASONS), z.int()),
    missed: z.partialRecord(z.enum(UNCALLED_REASONS), z.int()),
  })
  .meta({ id: 'SlotCounts', description: 'How many slots were settled, by what became of them and why' });

export const LogExplanationSchema = z
  .object({
    from: Instant,
    to: Instant,
    explained: z.boolean().meta({ description: 'Whether every slot is explained, once' }),
    jobs: z.int(),
    slots: z.object({ ...SlotCountsSchema.shape, due: z.int() }),
    faults: z.record(z.enum(FAULTS), z.int()).meta({ description: 'How many slots are not explained, once' }),
    faulty: z
      .array(
        z.object({ jobId: z.int(), kind: z.enum(FAULTS), first: Instant, last: Instant, count: z.int().optional() }),
      )
      .meta({ description: 'The first 1,000 of them, as ranges of slots' }),
    unread: z.array(z.object({ jobId: z.int(), why: z.string() })).meta({ description: 'Jobs that cannot be judged' }),
  })
  .meta({ id: 'LogExplanation' });
