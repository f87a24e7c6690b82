import { z } from 'zod';
import { IdRanges } from '../id-ranges.ts';
import { ApplicationId, Instant, JobId, OperationId, PauseId, Tenant } from '../values.ts';
import { CatchUp } from './job-events.ts';

/** A tenant's named list of dates. Jobs that use it skip their slots on these dates, or on all others. */
export const Calendar = z.object({
  tenant: Tenant,
  name: z.string(),
  /** `YYYY-MM-DD`, sorted, unique. */
  dates: z.array(z.string()),
  description: z.string().optional(),
  /** These dates apply to slots due from here on. */
  updatedAt: Instant,
  updatedBy: z.string(),
});
export type Calendar = z.infer<typeof Calendar>;

/** Carries the calendar after the change. */
export const CalendarSet = z.object({ type: z.literal('CalendarSet'), data: Calendar });
/** Carries the calendar before deletion; `updatedAt` and `updatedBy` state when it was deleted, and by whom. */
export const CalendarDeleted = z.object({ type: z.literal('CalendarDeleted'), data: Calendar });

export const CalendarEvent = z.discriminatedUnion('type', [CalendarSet, CalendarDeleted]);
export type CalendarEvent = z.infer<typeof CalendarEvent>;

export const PAUSE_SCOPES = ['installation', 'tenant', 'application', 'job', 'target', 'labels', 'jobs'] as const;
export const PauseScope = z.enum(PAUSE_SCOPES);
export type PauseScope = z.infer<typeof PauseScope>;

/** A span in which no job of the scope is called. Slots due in it are skipped, or called after it ends. */
export const Pause = z.object({
  pauseId: PauseId,
  /**
   * Tenant of the jobs that it binds. A pause of the installation binds all tenants' jobs; this is then its administrator's
   * tenant.
   */
  tenant: Tenant,
  scope: PauseScope,
  /** Present if the scope is an application. */
  applicationId: ApplicationId.optional(),
  /** Present if the scope is a job. */
  jobId: JobId.optional(),
  /** Present if the scope is a target: an origin, a host, or a host with a port. */
  target: z.string().optional(),
  /** Present if the scope is labels: it binds jobs with all of these. */
  labels: z.record(z.string(), z.string()).optional(),
  /** Present if the scope is jobs: those of a bulk operation. */
  jobs: IdRanges.optional(),
  /** The bulk operation whose jobs it binds until they are settled. */
  operationId: OperationId.optional(),
  reason: z.string().optional(),
  /** Which slots due in it are called after it ends; none if absent. */
  catchUp: CatchUp.optional(),
  /** The pause binds from here on, unless `from` is later. */
  createdAt: Instant,
  /** When it begins; if absent or past, when it is set. */
  from: Instant.optional(),
  /** When it ends without a request. */
  until: Instant.optional(),
  createdBy: z.string(),
  liftedAt: Instant.optional(),
  liftedBy: z.string().optional(),
});
export type Pause = z.infer<typeof Pause>;

/** Each carries the pause after the change. */
export const PauseSet = z.object({ type: z.literal('PauseSet'), data: Pause });
export const PauseLifted = z.object({ type: z.literal('PauseLifted'), data: Pause });

export const PauseEvent = z.discriminatedUnion('type', [PauseSet, PauseLifted]);
export type PauseEvent = z.infer<typeof PauseEvent>;
