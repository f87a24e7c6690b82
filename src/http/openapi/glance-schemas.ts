import { z } from 'zod';
import { EXECUTION_STATUSES, LATE_REASONS } from '../../domain/events/index.ts';
import { UNCALLED_REASONS } from '../../domain/ledger/uncalled.ts';
import { Instant } from '../../domain/values.ts';
import { ATTENTION_KINDS } from '../../projections/queries/port/overview.ts';

/** Schemas of what is seen of many jobs at once. */

const SlotGlance = z.object({
  at: Instant,
  last: Instant.optional().meta({ description: 'The last one, where several in a row were settled together' }),
  outcome: z.enum([...EXECUTION_STATUSES, 'skipped', 'missed']).meta({
    description: 'How the execution of the slot stands, or why there is none',
  }),
  reason: z.enum([...UNCALLED_REASONS, ...LATE_REASONS]).optional(),
  executionId: z.int().optional(),
});

export const JobGlanceSchema = z
  .object({
    jobId: z.int(),
    words: z.string().meta({ description: 'The schedule in English' }),
    slots: z.array(SlotGlance).meta({ description: 'The last 30, oldest first' }),
  })
  .meta({ id: 'JobGlance' });

export const UpcomingSchema = z
  .object({
    from: Instant,
    to: Instant,
    counts: z.array(z.int()).meta({ description: 'How many slots come due in each of 60 equal parts of this time' }),
    first: z
      .array(z.object({ jobId: z.int(), name: z.string(), timezone: z.string(), at: Instant }))
      .meta({ description: 'The jobs that run next, each with its next slot; 50 at the most' }),
  })
  .meta({ id: 'Upcoming' });

export const HourSchema = z
  .object({
    from: Instant,
    executions: z
      .object({ pending: z.int(), running: z.int(), succeeded: z.int(), failed: z.int(), cancelled: z.int() })
      .meta({ description: 'Those that were created in this hour, by how they stand now' }),
    uncalled: z.object({ skipped: z.int(), missed: z.int() }).meta({
      description: 'Slots that were settled without a call; those settled together are of the hour of their last one',
    }),
    lateness: z
      .object({ sample: z.int(), medianMs: z.int(), p99Ms: z.int(), maxMs: z.int() })
      .nullable()
      .meta({ description: 'How long after their time slots were called, of a sample from each five minutes' }),
  })
  .meta({ id: 'Hour' });

export const AttentionSchema = z
  .object({
    kind: z.enum(ATTENTION_KINDS).meta({
      description:
        'disabled by `disableAfter`; failing: the newest execution failed; long: it runs three times as long as usual; missed: slots of the last 24 hours',
    }),
    jobId: z.int(),
    name: z.string(),
    application: z.string(),
    since: Instant,
    count: z.int().meta({ description: 'Failures in a row, or slots that were missed' }),
    executionId: z.int().optional(),
    error: z.object({ code: z.string(), message: z.string() }).optional(),
    reason: z.string().optional(),
  })
  .meta({ id: 'Attention' });
