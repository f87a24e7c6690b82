import { sql } from 'slonik';
import { z } from 'zod';
import type { QueryContext } from './context.ts';
import { bigint, present } from './row.ts';
import { type Scope, visible } from './scope.ts';
import { views } from './views.ts';

/** Current names of a job and its application. */
export type JobNames = {
  readonly jobName: string;
  readonly applicationId: number;
  /** Absent if the list of applications lags behind that of jobs. */
  readonly applicationName?: string;
};

const Row = z.object({
  jobId: bigint,
  jobName: z.string(),
  applicationId: bigint,
  applicationName: z.string().nullable(),
});

/** The names of these jobs by id, including deleted ones. */
export const namesOfJobs =
  ({ readerFor }: QueryContext) =>
  async (scope: Scope, jobIds: readonly number[]): Promise<ReadonlyMap<number, JobNames>> => {
    if (jobIds.length === 0) return new Map();
    const rows = await readerFor(scope).any(sql.type(Row)`
      SELECT job.job_id AS "jobId", job.name AS "jobName", job.application_id AS "applicationId",
        application.name AS "applicationName"
      FROM ${views.jobs} AS job JOIN ${visible(scope)} USING (tenant)
      LEFT JOIN ${views.applications} ON application.application_id = job.application_id
      WHERE job.job_id = ANY (${sql.array([...new Set(jobIds)], 'int8')})`);
    return new Map(rows.map(({ jobId, ...names }) => [jobId, present(names)]));
  };
