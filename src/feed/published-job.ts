import { z } from 'zod';
import { JobDefinition, TaskConfig } from '../domain/events/index.ts';
import { JobId, Sealed } from '../domain/values.ts';

// Replaces the schema of the log by one that JSON Schema can express: any JSON value.
const Task = TaskConfig.extend({ body: z.union([Sealed, z.json()]).optional() });

/** A job as the API shows it, except that it names the application by its id. */
const PublishedJob = JobDefinition.omit({ jobId: true, scheduleSince: true }).extend({
  id: JobId,
  taskConfig: Task,
  /** The revision of the job definition; the API returns it as the ETag. */
  revision: z.int(),
});

export const JobCreatedData = PublishedJob;
export const JobUpdatedData = PublishedJob.extend({ change: z.enum(['updated', 'enabled', 'disabled']) });
export const JobDeletedData = PublishedJob;
