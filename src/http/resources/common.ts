import { z } from 'zod';
import { type Calendar, LogHome } from '../../domain/events/index.ts';
import { Instant } from '../../domain/values.ts';
import { CalendarSummary, CalendarView, PauseView } from '../../projections/queries/records/closures.ts';

/** Schemas of responses that are not stored records. */

const RoleReadiness = z.object({ ready: z.boolean(), reason: z.string().optional() });
export const ReadinessSchema = z
  .object({
    status: z.enum(['ready', 'degraded', 'unready']),
    roles: z.record(z.string(), RoleReadiness),
    degraded: z.array(z.object({ component: z.string(), since: Instant, reason: z.string().optional() })),
  })
  .meta({ id: 'Readiness' });

export const EngineReleaseSchema = LogHome.meta({ id: 'EngineRelease' });

export const RotatedKeysSchema = z.object({
  rewrapped: z.int(),
  current: z.int(),
  failed: z.array(z.object({ applicationId: z.int(), code: z.string(), message: z.string() })),
});
export const ErasedKeySchema = z.object({ applicationId: z.int(), generation: z.int().optional(), note: z.string() });

export const TenantSchema = z
  .object({
    tenant: z.string(),
    applications: z.int(),
    jobs: z.int(),
    tokens: z.int(),
  })
  .meta({ id: 'Tenant', description: 'Counts without deleted resources' });

export const TenantErasureSchema = z
  .object({
    status: z.enum(['running', 'ended']),
    createdAt: Instant,
    createdBy: z.string(),
    reason: z.string().optional(),
    erasedAt: Instant.optional(),
    retained: z.string().meta({ description: 'The data that remains after the erasure, why, and who can see it' }),
    counts: z.record(z.string(), z.int()).meta({
      description: 'Number of resources that the erasure ended, by API operation',
    }),
  })
  .meta({ id: 'TenantErasure', description: 'After its end, only the data in `retained` is left of the tenant' });

export const TenantStateSchema = TenantSchema.extend({ erasure: TenantErasureSchema.optional() }).meta({
  id: 'TenantState',
  description: 'With its erasure, if one was requested',
});

export const AllowedTargetsSchema = z
  .object({
    targets: z.array(z.string()).meta({ description: 'The entries that apply' }),
    default: z.array(z.string()).meta({ description: 'The entries of the setting ALLOWED_TARGETS' }),
    updatedAt: Instant.optional().meta({ description: 'Absent while the setting applies' }),
    updatedBy: z.string().optional(),
  })
  .meta({ id: 'AllowedTargets' });

/** A JSON object of the API. Undefined fields are omitted. */
export type Resource = Readonly<Record<string, unknown>>;

export const JsonSchema = z.unknown().meta({ description: 'Any JSON value' });

export const SealedSchema = z
  .object({ sealed: z.literal(true) })
  .meta({ id: 'Sealed', description: 'A stored secret, never shown. Send this object back to keep the secret' });

/** For resources with the id of a job. */
export const jobNameSchemas = {
  jobName: z.string().optional().meta({
    description: 'The current name of the job, or the last one of a deleted job; absent if it is not known yet',
  }),
  applicationName: z.string().optional().meta({ description: 'Like the name of the job' }),
};

/** Schemas of calendars and pauses. */

export const CalendarSummarySchema = CalendarSummary.meta({ id: 'CalendarSummary' });
export const CalendarSchema = CalendarView.meta({ id: 'Calendar' });

/** Beside the changed resource, in the response to a change. */
const pending = {
  pendingEngines: z
    .array(z.string())
    .optional()
    .meta({ description: 'Engines that have not applied the change; absent if all have' }),
};
export const CalendarResultSchema = CalendarSchema.extend(pending).meta({ id: 'CalendarResult' });

const { operationId, of } = PauseView.shape;
const pause = PauseView.extend({
  operationId: operationId.meta({ description: 'The bulk operation that pauses its jobs until it changes them' }),
  of: of.meta({ description: 'The application, job, target or labels that the pause applies to' }),
});
export const PauseSchema = pause.extend(jobNameSchemas).meta({ id: 'Pause' });
export const SetPauseSchema = pause.extend(pending).meta({ id: 'PauseResult' });

/** A calendar as the API shows it. */
export const calendarResource = ({ tenant: _, ...calendar }: Calendar): Resource => calendar;
