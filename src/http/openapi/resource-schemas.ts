import { z } from 'zod';
import {
  CLOSURE_REASONS,
  JobDefinition,
  JobSnapshot,
  LATE_REASONS,
  Limit,
  OAuth2Fields,
  TaskConfig,
  Variable,
} from '../../domain/events/index.ts';
import { WAITINGS } from '../../domain/execution/pending.ts';
import { SLOT_OUTCOMES } from '../../domain/ledger/explain-slot.ts';
import { UNCALLED_REASONS } from '../../domain/ledger/uncalled.ts';
import { Instant } from '../../domain/values.ts';
import { applicationRecord, ShownSecret } from '../../projections/queries/records/applications.ts';
import { executionRecord, lastExecution } from '../../projections/queries/records/executions.ts';
import { SlotCountsSchema } from './audit-schemas.ts';

/** Schemas of the records that the API answers with. */

export const JsonSchema = z.unknown().meta({ description: 'Any JSON value' });

const SealedSchema = z
  .object({ sealed: z.literal(true) })
  .meta({ id: 'Sealed', description: 'A secret that is stored and never shown; sent back in its place, it is kept' });
const TextOrSealed = z.union([z.string(), SealedSchema]);

const ApplicationSummary = z.object({ id: z.int(), name: z.string(), displayName: z.string() });
export const ApplicationSchema = z.object(applicationRecord.schemas).meta({ id: 'Application' });

const Task = TaskConfig.extend({
  body: JsonSchema.optional(),
  headers: z.record(z.string(), TextOrSealed).optional(),
  auth: z
    .union([
      z.object({ authMethod: z.literal('bearer'), token: TextOrSealed }),
      z.object({ authMethod: z.literal('basic'), username: z.string(), password: TextOrSealed }),
      OAuth2Fields.extend({ clientSecret: TextOrSealed }),
    ])
    .optional(),
});

const LastExecution = z.object(lastExecution.schemas);

export const JobSchema = z
  .object({
    id: z.int(),
    application: ApplicationSummary,
    ...JobDefinition.omit({ jobId: true, tenant: true, applicationId: true, scheduleSince: true }).shape,
    taskConfig: Task,
    nextRunAt: Instant.nullable()
      .optional()
      .meta({ description: 'The next slot that is in no pause and on no date of a calendar; shown by GET alone' }),
    lastExecution: LastExecution.nullable().optional().meta({ description: 'The newest one; shown by GET alone' }),
    completed: z
      .literal(true)
      .optional()
      .meta({ description: 'No slot is left; shown by GET alone, absent while there is one' }),
  })
  .meta({ id: 'Job' });

const Snapshot = JobSnapshot.extend({ body: JsonSchema.optional() });

export const ResultSchema = z.object({
  status: z.int(),
  headers: z.record(z.string(), z.string()),
  data: JsonSchema,
  truncated: z.boolean(),
});

export const ExecutionSchema = z
  .object({
    ...executionRecord.schemas,
    durationMs: z.int().nullable().meta({ description: 'From the first request to the end' }),
    waitsFor: z
      .enum(WAITINGS)
      .optional()
      .meta({ description: 'What a pending one waits for; shown by GET of one alone' }),
    jobSnapshot: Snapshot.nullable().meta({
      description: 'What was called; before that is recorded, GET of one alone shows what is to be',
    }),
    result: ResultSchema.optional(),
  })
  .meta({ id: 'Execution' });

export const OccurrenceSchema = z
  .object({
    jobId: z.int(),
    at: Instant,
    outcome: z.enum(SLOT_OUTCOMES),
    reason: z.enum([...UNCALLED_REASONS, ...LATE_REASONS]).optional(),
    executionId: z.int().optional(),
    expected: z
      .literal('skipped')
      .optional()
      .meta({ description: 'What becomes of a slot to come as things stand; absent where it is called' }),
    because: z.enum(CLOSURE_REASONS).optional().meta({ description: 'Why it is expected' }),
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

export const VariableSchema = Variable.meta({ id: 'Variable' });
export const SecretSchema = ShownSecret.meta({ id: 'Secret' });

const CertificateSchema = z
  .object({ subject: z.string(), issuer: z.string(), expiresAt: Instant, fingerprint: z.string() })
  .meta({ id: 'Certificate', description: 'fingerprint is SHA-256, hexadecimal' });

export const TlsSchema = z
  .object({
    name: z.string(),
    origins: z.array(z.string()),
    ca: z.string().optional().meta({ description: 'PEM' }),
    authorities: z.array(CertificateSchema).optional(),
    certificate: z.string().optional().meta({ description: 'PEM' }),
    chain: z.array(CertificateSchema).optional(),
    key: SealedSchema.optional(),
    expiry: z.enum(['valid', 'expires soon', 'expired']),
    updatedAt: Instant,
    updatedBy: z.string(),
  })
  .meta({ id: 'TlsSettings' });

export const LimitSchema = Limit.meta({ id: 'Limit' });

const EngineSchema = z.looseObject({
  engineId: z.string(),
  membership: z.enum(['joining', 'working', 'resting', 'silent']),
  zoneData: z.string().optional(),
  joinedAt: z.iso.datetime().optional(),
  beatenAt: z.iso.datetime().optional(),
});

export const StatisticsSchema = z
  .object({
    jobs: z.object({ total: z.int(), enabled: z.int() }),
    executions: z.object({
      pending: z.int(),
      running: z.int(),
      succeeded: z.int(),
      failed: z.int(),
      cancelled: z.int(),
      last24h: z.int(),
    }),
    slots: SlotCountsSchema.optional().meta({
      description: 'Not kept as of an instant, nor for a token that is bound to applications',
    }),
    engines: z.array(EngineSchema),
  })
  .meta({ id: 'Statistics' });
