import { z } from 'zod';
import { UpdateJob } from '../../commands/job/job-input.ts';
import { defined } from '../../domain/defined.ts';
import { AnyJob, type JobDefinition } from '../../domain/events/index.ts';
import { isCompleted, JobState } from '../../domain/job/job-state.ts';
import { listedTask } from '../../domain/omitted.ts';
import { maskSealed } from '../../domain/redaction/mask.ts';
import { HTTP_TASK, httpConfigWith } from '../../domain/tasks/http/stored.ts';
import { ofAnyKind } from '../../domain/tasks/stored.ts';
import { WORKER_TASK, workerConfigWith } from '../../domain/tasks/worker/stored.ts';
import { Instant } from '../../domain/values.ts';
import type { JobView } from '../../projections/queries/jobs-row.ts';
import type { ApplicationSummary } from '../../projections/queries/records/applications.ts';
import { lastExecution } from '../../projections/queries/records/executions.ts';
import { JsonSchema, type Resource, SealedSchema } from './common.ts';

/** The input of a command, named for the API's description. */
export const UpdateJobBody = UpdateJob.meta({ id: 'UpdateJob' });

const TextOrSealed = z.union([z.string(), SealedSchema]);

const SHOWN_TASKS = {
  [HTTP_TASK]: { taskConfig: httpConfigWith(TextOrSealed, JsonSchema) },
  [WORKER_TASK]: { taskConfig: workerConfigWith(JsonSchema) },
};

const LastExecution = z.object(lastExecution.schemas);

export const JobSchema = ofAnyKind(
  z.object({
    id: z.int(),
    application: z.object({ id: z.int(), name: z.string(), displayName: z.string() }),
    ...AnyJob.omit({ jobId: true, tenant: true, applicationId: true, scheduleSince: true }).shape,
    nextRunAt: Instant.nullable().optional().meta({
      description: 'The next slot outside pauses and excluded dates; also in the response to a change',
    }),
    state: JobState.meta({ id: 'JobState' }).optional().meta({
      description: 'The state of the job, with the reason; also in the response to a change, but not as of an instant',
    }),
    lastExecution: LastExecution.nullable().optional().meta({ description: 'The newest execution; only in GET' }),
    completed: z
      .literal(true)
      .optional()
      .meta({ description: 'No slot is left; only in GET, absent while there is one' }),
  }),
  SHOWN_TASKS,
  'Job',
);

/** A job as the API shows it, with secrets masked. */
export const jobResource = (job: JobDefinition, { id, name, displayName }: ApplicationSummary): Resource => {
  const { jobId, tenant, applicationId, scheduleSince, taskConfig, ...shown } = job;
  return { id: jobId, application: { id, name, displayName }, ...shown, taskConfig: maskSealed(taskConfig) };
};

/**
 * A job found by a query, with its next run, newest execution, and whether it is completed. Responses of commands omit
 * these, because they must not depend on the time.
 */
export const foundJob = (
  { job, application, runs, nextRunAt, lastExecution, state }: JobView,
  nowMs: number,
): Resource => {
  const isDone = state === undefined ? isCompleted(job, { nowMs, runs }) : state.name === 'completed';
  const shown = { ...jobResource(job, application), state, nextRunAt, lastExecution };
  return defined({ ...shown, ...(isDone ? { completed: true } : {}) });
};

/** A job in lists: without a body over 4 KiB. */
export const listedJob = (job: JobDefinition): JobDefinition => {
  switch (job.taskType) {
    case HTTP_TASK:
      return { ...job, taskConfig: listedTask(job) };
    case WORKER_TASK:
      return { ...job, taskConfig: listedTask(job) };
  }
};
