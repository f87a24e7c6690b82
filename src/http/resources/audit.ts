import { z } from 'zod';
import { LATE_REASONS } from '../../domain/events/index.ts';
import { CHANGED_KINDS } from '../../domain/history/change-of.ts';
import { FAULTS } from '../../domain/ledger/faults.ts';
import { UNCALLED_REASONS } from '../../domain/ledger/uncalled.ts';
import { Instant } from '../../domain/values.ts';
import { AUDIT_OUTCOMES } from '../../projections/queries/port/history.ts';

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
    expiredBefore: Instant.optional().meta({
      description: 'Slots up to this instant have expired: those that the log still has are told',
    }),
  })
  .meta({ id: 'LogExplanation' });

const HASH = 'base64 of SHA-256';

export const CheckpointSchema = z
  .object({
    origin: z.string().meta({ description: 'Whose tree it is' }),
    size: z.int().meta({ description: 'How many events are in the tree' }),
    root: z.string().meta({ description: HASH }),
    checkpoint: z.string().meta({ description: 'The three, signed, in the form of c2sp.org/tlog-checkpoint' }),
    keys: z.array(z.string()).meta({ description: 'Public keys: of who signs now, then of earlier ones' }),
  })
  .meta({ id: 'Checkpoint' });

export const InclusionSchema = z
  .object({
    index: z.int().meta({ description: 'The index of the event in the tree' }),
    size: z.int().meta({ description: 'The size of the tree that it is proven to be in' }),
    event: z.unknown().meta({ description: 'The event as it is stored' }),
    file: z.string().meta({ description: 'The proof in the form of c2sp.org/tlog-proof' }),
  })
  .meta({ id: 'InclusionProof' });

export const ConsistencySchema = z
  .object({
    older: z.object({ size: z.int(), root: z.string().meta({ description: HASH }) }),
    newer: CheckpointSchema,
    proof: z.array(z.string()).meta({ description: `${HASH}, in the order of RFC 6962` }),
  })
  .meta({ id: 'ConsistencyProof' });

/** Schemas of who changed what. */

const FieldChangeSchema = z
  .object({
    path: z.string().meta({ description: 'JSON pointer to the field' }),
    from: z.unknown().meta({ description: 'Absent where the field was' }),
    to: z.unknown().meta({ description: 'Absent where the field is' }),
  })
  .partial({ from: true, to: true })
  .meta({ id: 'FieldChange', description: 'Secrets are shown as {"sealed": true}, values over 4 KiB by their size' });

export const HistoryEntrySchema = z
  .object({
    version: z.int().meta({ description: 'The first is 1' }),
    at: Instant.meta({ description: 'When it was recorded' }),
    actor: z.string(),
    action: z.string().meta({ description: 'The operation of this API that makes such a change' }),
    reason: z.string().optional(),
    requestId: z.string().meta({ description: 'The `X-Request-Id` of the request' }),
    changes: z.array(FieldChangeSchema).meta({ description: 'What differs from the version before' }),
  })
  .meta({ id: 'HistoryEntry' });

export const AuditEntrySchema = z
  .object({
    at: Instant,
    actor: z
      .string()
      .optional()
      .meta({ description: 'Absent where nobody knows who asked, or where several callers were counted together' }),
    sub: z
      .string()
      .optional()
      .meta({ description: 'The `sub` of a user who goes by another name: it tells two of one name apart' }),
    action: z.string().optional().meta({ description: 'An operation of this API' }),
    of: z
      .object({
        kind: z.enum(CHANGED_KINDS),
        id: z.int(),
        name: z.string(),
        applicationId: z.int(),
        path: z.string().meta({ description: 'Of what was refused: the path that was asked for' }),
      })
      .partial(),
    reason: z.string().optional(),
    outcome: z.enum(AUDIT_OUTCOMES),
    code: z.string().optional().meta({ description: 'Why it was refused' }),
    requestId: z.string(),
    from: z.string().optional().meta({ description: 'The address that refused requests came from' }),
    count: z.int().optional().meta({ description: 'How many such requests were refused' }),
  })
  .meta({ id: 'AuditEntry' });
