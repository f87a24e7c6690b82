import type { IdKind } from './events/index.ts';
import type { ApplicationId, JobId } from './values.ts';

/** Names of streams. As many as jobs and names, never one a slot. */
export const jobStream = (jobId: JobId): string => `job-${jobId}`;
/** All that happened to a job's slots and executions. */
export const runsStream = (jobId: JobId): string => `runs-${jobId}`;
export const applicationStream = (applicationId: ApplicationId): string => `app-${applicationId}`;
export const keysStream = (applicationId: ApplicationId, generation: number): string =>
  `keys-${applicationId}-${generation}`;
export const idsStream = (kind: IdKind): string => `ids-${kind}`;
/** Signs of life of one run of an engine, while it can't reach Postgres. */
export const engineStream = (engineId: string): string => `engine-${engineId}`;
export const logStream = 'log';
