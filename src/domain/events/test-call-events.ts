import { z } from 'zod';
import { ApplicationId, JobId, Tenant } from '../values.ts';
import { HTTP_METHODS } from './job-events.ts';

/** Somebody had a definition called once, as a test: it is no execution, and what came of it is not recorded. */
export const TestCallRequested = z.object({
  type: z.literal('TestCallRequested'),
  data: z.object({
    tenant: Tenant,
    applicationId: ApplicationId,
    /** The job that the definition is of, where it is saved already. */
    jobId: JobId.exactOptional(),
    method: z.enum(HTTP_METHODS),
    /** With its parameters filled in and its secrets masked. */
    url: z.string(),
  }),
});
export type TestCallRequested = z.infer<typeof TestCallRequested>;
