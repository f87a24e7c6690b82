import { z } from 'zod';
import { LATE_REASONS, NOT_CALLED_REASONS } from '../../domain/events/index.ts';
import { FAULTS } from '../../domain/ledger/ledger-state.ts';
import { Instant } from '../../domain/values.ts';

/** Schemas of counts of slots. */

export const SlotCountsSchema = z
  .object({
    fired: z.int(),
    late: z.partialRecord(z.enum(LATE_REASONS), z.int()),
    skipped: z.partialRecord(z.enum(NOT_CALLED_REASONS), z.int()),
    missed: z.partialRecord(z.enum(NOT_CALLED_REASONS), z.int()),
  })
  .meta({ id: 'SlotCounts', description: 'Settled slots by outcome and reason' });

export const ExplainReportSchema = z
  .object({
    from: Instant,
    to: Instant,
    explained: z.boolean().meta({ description: 'Whether every slot is explained exactly once' }),
    jobs: z.int(),
    slots: z.object({ ...SlotCountsSchema.shape, due: z.int() }),
    faults: z
      .record(z.enum(FAULTS), z.int())
      .meta({ description: 'Number of slots that are not explained exactly once' }),
    faultySlots: z
      .array(
        z.object({ jobId: z.int(), kind: z.enum(FAULTS), first: Instant, last: Instant, count: z.int().optional() }),
      )
      .meta({ description: 'The first 1,000 faults, as ranges of slots' }),
    unreadable: z
      .array(z.object({ jobId: z.int(), reason: z.string() }))
      .meta({ description: 'Jobs that cannot be checked, with the reason' }),
    expiredBefore: Instant.optional().meta({
      description: 'Slots up to this instant have expired: only those still in the log are shown',
    }),
  })
  .meta({ id: 'ExplainReport' });

const HASH = 'base64 of SHA-256';

export const CheckpointSchema = z
  .object({
    origin: z.string().meta({ description: 'Identifies the tree' }),
    size: z.int().meta({ description: 'Number of events in the tree' }),
    root: z.string().meta({ description: HASH }),
    checkpoint: z
      .string()
      .meta({ description: 'Origin, size and root, signed, in the format of c2sp.org/tlog-checkpoint' }),
    keys: z.array(z.string()).meta({ description: 'Public keys: the current signer first, then earlier ones' }),
  })
  .meta({ id: 'Checkpoint' });

export const InclusionSchema = z
  .object({
    index: z.int().meta({ description: 'The index of the event in the tree' }),
    size: z.int().meta({ description: 'The size of the tree that contains it' }),
    event: z.unknown().meta({ description: 'The event as it is stored' }),
    file: z.string().meta({ description: 'The proof in the format of c2sp.org/tlog-proof' }),
  })
  .meta({ id: 'InclusionProof' });

export const ConsistencySchema = z
  .object({
    older: z.object({ size: z.int(), root: z.string().meta({ description: HASH }) }),
    newer: CheckpointSchema,
    proof: z.array(z.string()).meta({ description: `${HASH}, in the order of RFC 6962` }),
  })
  .meta({ id: 'ConsistencyProof' });
