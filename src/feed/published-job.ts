import { z } from 'zod';
import { Auth, JobDefinition, TaskConfig } from '../domain/events/index.ts';
import { JobId } from '../domain/values.ts';

/** Text as it was given, or the sign that it is sealed. */
const Shown = z.union([z.string(), z.object({ sealed: z.literal(true) })]);

const [Bearer, Basic] = Auth.options;
const PublishedAuth = z.discriminatedUnion('authMethod', [
  Bearer.extend({ token: Shown }),
  Basic.extend({ password: Shown }),
]);

const PublishedTask = TaskConfig.extend({
  headers: z.record(z.string(), Shown).optional(),
  auth: PublishedAuth.optional(),
});

/** A job as readers see it: as the API shows it, with the application's id in place of the application. */
export const PublishedJob = JobDefinition.omit({ jobId: true, scheduleSince: true, taskConfig: true }).extend({
  id: JobId,
  /** Of the job's definition; the API's ETag. */
  revision: z.int(),
  taskConfig: PublishedTask,
});

export const JobCreatedData = PublishedJob;
export const JobUpdatedData = PublishedJob.extend({ change: z.enum(['updated', 'enabled', 'disabled']) });
export const JobDeletedData = PublishedJob;
