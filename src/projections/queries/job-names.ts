import { sql } from 'slonik';
import { z } from 'zod';
import { defined } from '../../domain/defined.ts';
import type { QueryContext } from './context.ts';
import { bigint } from './row.ts';
import { type Scope, visible } from './scope.ts';
import { views } from './views.ts';

/** What a job and its application are called now. */
export type JobNames = {
  readonly jobName: string;
  readonly applicationId: number;
  /** Absent where the list of applications is behind that of jobs. */
  readonly applicationName?: string;
};

const Row = z.object({ job_id: bigint, name: z.string(), application_id: bigint, application: z.string().nullable() });

/** The names of these jobs by their ids, also of those that are deleted. */
export const namesOfJobs =
  ({ readerFor }: Pick<QueryContext, 'readerFor'>) =>
  async (scope: Scope, jobIds: readonly number[]): Promise<ReadonlyMap<number, JobNames>> => {
    if (jobIds.length === 0) return new Map();
    const rows = await readerFor(scope).any(sql.type(Row)`
      SELECT job.job_id, job.name, job.application_id, application.name AS application
      FROM ${views.jobs} AS job JOIN ${visible(scope)} USING (tenant)
      LEFT JOIN ${views.applications} ON application.application_id = job.application_id
      WHERE job.job_id = ANY (${sql.array([...new Set(jobIds)], 'int8')})`);
    return new Map(
      rows.map(({ job_id, name, application_id, application }) => [
        job_id,
        defined({ jobName: name, applicationId: application_id, applicationName: application ?? undefined }),
      ]),
    );
  };
