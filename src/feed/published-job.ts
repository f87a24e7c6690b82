import { z } from 'zod';
import { JobDefinition, TaskConfig } from '../domain/events/index.ts';
import { JobId, Sealed } from '../domain/values.ts';

// Any JSON value, as JSON Schema has it.
const Task = TaskConfig.extend({ body: z.union([Sealed, z.json()]).optional() });

/** A job as the API shows it, with the application's id in place of the application. */
const PublishedJob = JobDefinition.omit({ jobId: true, scheduleSince: true }).extend({
  id: JobId,
  taskConfig: Task,
  /** Of the job's definition; the API's ETag. */
  revision: z.int(),
});

export const JobCreatedData = PublishedJob;
export const JobUpdatedData = PublishedJob.extend({ change: z.enum(['updated', 'enabled', 'disabled']) });
export const JobDeletedData = PublishedJob;
