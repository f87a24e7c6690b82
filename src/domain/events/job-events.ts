import { z } from 'zod';
import type { HTTP_TASK } from '../tasks/http/stored.ts';
import { ofAnyKind, STORED_TASKS, TaskType } from '../tasks/stored.ts';
import type { WORKER_TASK } from '../tasks/worker/stored.ts';
import { ApplicationId, Instant, JobId, Tenant } from '../values.ts';
import { Retention, RuleFields, ScheduleFields } from './job-fields.ts';

/** A job with a task of any kind. */
export const AnyJob = z.object({
  jobId: JobId,
  tenant: Tenant,
  applicationId: ApplicationId,
  name: z.string(),
  description: z.string().optional(),
  enabled: z.boolean(),
  ...ScheduleFields.shape,
  ...RuleFields.shape,
  taskType: TaskType,
  taskConfig: z.unknown(),
  /** Bodies and results are sealed. */
  confidential: z.boolean().optional(),
  labels: z.record(z.string(), z.string()).optional(),
  retention: Retention.optional(),
  createdAt: Instant,
  createdBy: z.string(),
  updatedAt: Instant,
  updatedBy: z.string(),
});

/** A job with sealed secrets. Every job event carries the whole job. */
export const JobDefinition = ofAnyKind(AnyJob, STORED_TASKS);
export type JobDefinition = z.infer<typeof JobDefinition>;
export type HttpJobDefinition = Extract<JobDefinition, { taskType: typeof HTTP_TASK }>;
export type WorkerJobDefinition = Extract<JobDefinition, { taskType: typeof WORKER_TASK }>;

export const JobCreated = z.object({ type: z.literal('JobCreated'), data: JobDefinition });
export const JobUpdated = z.object({ type: z.literal('JobUpdated'), data: JobDefinition });
export const JobEnabled = z.object({ type: z.literal('JobEnabled'), data: JobDefinition });
export const JobDisabled = z.object({ type: z.literal('JobDisabled'), data: JobDefinition });
export const JobDeleted = z.object({ type: z.literal('JobDeleted'), data: JobDefinition });

export const JobEvent = z.discriminatedUnion('type', [JobCreated, JobUpdated, JobEnabled, JobDisabled, JobDeleted]);
export type JobEvent = z.infer<typeof JobEvent>;

/** A definition was called once as a test. A test call is no execution, and its outcome is not recorded. */
export const TestCallRequested = z.object({
  type: z.literal('TestCallRequested'),
  data: z.object({
    tenant: Tenant,
    applicationId: ApplicationId,
    /** The definition's job, if it is saved. */
    jobId: JobId.exactOptional(),
    taskType: TaskType,
    /** The task on one line, with parameters filled in and secrets masked. */
    line: z.string(),
  }),
});
export type TestCallRequested = z.infer<typeof TestCallRequested>;
