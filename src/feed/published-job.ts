import { z } from 'zod';
import { JobDefinition } from '../domain/events/index.ts';
import { JobId } from '../domain/values.ts';

/** A job as the API shows it, with the application's id in place of the application. */
const PublishedJob = JobDefinition.omit({ jobId: true, scheduleSince: true }).extend({
  id: JobId,
  /** Of the job's definition; the API's ETag. */
  revision: z.int(),
});

export const JobCreatedData = PublishedJob;
export const JobUpdatedData = PublishedJob.extend({ change: z.enum(['updated', 'enabled', 'disabled']) });
export const JobDeletedData = PublishedJob;
