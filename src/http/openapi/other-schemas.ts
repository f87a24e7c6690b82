import { z } from 'zod';
import { JobSnapshot, LogHome } from '../../domain/events/index.ts';
import { Instant } from '../../domain/values.ts';
import { ResultSchema } from './resource-schemas.ts';

/** Schemas of answers that are not stored records. */

const Json = z.unknown().meta({ description: 'Any JSON value' });

export const ProblemSchema = z
  .object({
    type: z.string(),
    title: z.string(),
    status: z.int(),
    detail: z.string(),
    code: z.string().meta({ description: 'Stable, for programs' }),
    instance: z.string(),
    errors: z
      .array(z.object({ pointer: z.string(), message: z.string() }))
      .optional()
      .meta({ description: 'Each field that is wrong, by its JSON pointer' }),
  })
  .meta({ id: 'Problem', description: 'Problem details, RFC 9457' });

const RoleReadiness = z.object({ ready: z.boolean(), reason: z.string().optional() });
export const ReadinessSchema = z
  .object({
    status: z.enum(['ready', 'degraded', 'unready']),
    roles: z.record(z.string(), RoleReadiness),
    degraded: z.array(z.object({ what: z.string(), since: Instant, reason: z.string().optional() })),
  })
  .meta({ id: 'Readiness' });

export const ReleasedSchema = LogHome.meta({ id: 'Released' });

export const PreviewSchema = z
  .object({
    words: z.string(),
    slots: z.array(z.object({ at: Instant, local: z.string(), note: z.string().optional() })),
    request: JobSnapshot.pick({ method: true, url: true, headers: true, resolvedParameters: true })
      .extend({ body: Json.optional() })
      .optional(),
    target: z.object({ allowed: z.boolean(), reason: z.string().optional() }).optional(),
    sent: z
      .object({
        outcome: z.enum(['succeeded', 'failed']),
        startedAt: Instant.optional().meta({ description: 'Absent if the request was never sent' }),
        durationMs: z.int().optional(),
        result: ResultSchema.optional(),
        error: z.object({ code: z.string(), message: z.string() }).optional(),
      })
      .optional()
      .meta({ description: 'What came of the request, where it was sent' }),
  })
  .meta({ id: 'Preview' });

const Difference = z.object({ pointer: z.string(), before: Json.optional(), after: Json.optional() });
const reported = {
  name: z.string(),
  id: z.int().optional(),
  reason: z.string().optional(),
  by: z.string().optional(),
  changes: z.array(Difference).optional(),
};
export const BootstrapReportSchema = z
  .object({
    applied: z.boolean(),
    applications: z.array(
      z.object({
        tenant: z.string(),
        action: z.enum(['create', 'update', 'keep', 'skip']),
        ...reported,
        jobs: z.array(
          z.object({
            action: z.enum(['create', 'update', 'keep', 'skip', 'delete', 'leave']),
            ...reported,
            warnings: z.array(z.string()).optional(),
          }),
        ),
      }),
    ),
  })
  .meta({ id: 'BootstrapReport' });

const Generation = z.object({
  generation: z.int(),
  position: z.string().optional(),
  updatedAt: z.iso.datetime(),
  progress: z.number().min(0).max(1),
  stopped: z.object({ since: z.iso.datetime(), because: z.string() }).optional(),
});
const Build = z.object({
  generation: z.int(),
  purpose: z.enum(['rebuild', 'verify']),
  phase: z.enum(['waiting', 'reading', 'indexing', 'comparing', 'done']),
  requestedAt: z.iso.datetime(),
  endedAt: z.iso.datetime().optional(),
  progress: z.number().min(0).max(1),
  eventsPerSecond: z.int().optional(),
  secondsLeft: z.int().optional(),
  comparison: z
    .object({
      position: z.string(),
      differences: z.int(),
      first: z.array(
        z.object({
          table: z.string(),
          key: z.record(z.string(), Json),
          kind: z.enum(['missing', 'extra', 'different']),
          columns: z.array(z.object({ column: z.string(), live: z.string(), log: z.string() })).optional(),
        }),
      ),
    })
    .optional(),
});
export const ProjectionSchema = z
  .object({
    name: z.string(),
    shape: z.string(),
    status: z.enum(['absent', 'live', 'stopped']),
    live: Generation.optional(),
    building: Generation.optional(),
    build: Build.optional(),
    end: z.string().optional(),
    parked: z.array(
      z.object({ stream: z.string(), revision: z.int(), type: z.string(), since: z.string(), because: z.string() }),
    ),
  })
  .meta({ id: 'Projection' });
export const BuildsStartedSchema = z.array(z.object({ name: z.string(), generation: z.int() }));
export const RebuildAnswerSchema = z.union([
  BuildsStartedSchema,
  z.array(z.object({ name: z.string(), events: z.int(), sizeBytes: z.int(), estimatedSeconds: z.int() })),
]);

export const RotatedKeysSchema = z.object({
  rewrapped: z.int(),
  current: z.int(),
  failed: z.array(z.object({ applicationId: z.int(), code: z.string(), message: z.string() })),
});
export const ErasedKeySchema = z.object({ applicationId: z.int(), generation: z.int().optional(), note: z.string() });
