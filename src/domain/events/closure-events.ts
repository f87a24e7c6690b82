import { z } from 'zod';
import { IdRanges } from '../id-ranges.ts';
import { ApplicationId, Instant, JobId, OperationId, PauseId, Tenant } from '../values.ts';
import { CatchUp } from './job-fields.ts';

/** A named list of dates of a tenant. Jobs name it to skip their slots on these dates, or on all others. */
export const Calendar = z.object({
  tenant: Tenant,
  name: z.string(),
  /** `YYYY-MM-DD`, sorted, each once. */
  dates: z.array(z.string()),
  description: z.string().optional(),
  /** Slots due from here on are judged by these dates. */
  updatedAt: Instant,
  updatedBy: z.string(),
});
export type Calendar = z.infer<typeof Calendar>;

/** Carries the calendar after the change. */
export const CalendarSet = z.object({ type: z.literal('CalendarSet'), data: Calendar });
/** Carries the calendar as it was; `updatedAt` and `updatedBy` say when it was deleted, and by whom. */
export const CalendarDeleted = z.object({ type: z.literal('CalendarDeleted'), data: Calendar });

export const CalendarEvent = z.discriminatedUnion('type', [CalendarSet, CalendarDeleted]);
export type CalendarEvent = z.infer<typeof CalendarEvent>;

export const PAUSE_SCOPES = ['installation', 'tenant', 'application', 'job', 'target', 'labels', 'jobs'] as const;
export const PauseScope = z.enum(PAUSE_SCOPES);
export type PauseScope = z.infer<typeof PauseScope>;

/** A span in which no job of the scope is called; slots that come due in it are skipped, or called once it has ended. */
export const Pause = z.object({
  pauseId: PauseId,
  /** Whose jobs it binds; of a pause of the installation, the tenant of its administrator: it binds the jobs of all. */
  tenant: Tenant,
  scope: PauseScope,
  /** Present if the scope is an application. */
  applicationId: ApplicationId.optional(),
  /** Present if the scope is a job. */
  jobId: JobId.optional(),
  /** Present if the scope is a target: an origin, a host, or a host with a port. */
  target: z.string().optional(),
  /** Present if the scope is labels: it binds jobs that have all of these. */
  labels: z.record(z.string(), z.string()).optional(),
  /** Present if the scope is jobs: those of a bulk operation. */
  jobs: IdRanges.optional(),
  /** The bulk operation whose jobs it binds, until they are settled. */
  operationId: OperationId.optional(),
  reason: z.string().optional(),
  /** Which of the slots that come due in it are called once it has ended; none where it is absent. */
  catchUp: CatchUp.optional(),
  /** It binds from here on. */
  createdAt: Instant,
  /** When it ends by itself. */
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
