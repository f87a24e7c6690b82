import { type DatabasePool, sql } from 'slonik';
import { JobRow, jobColumns, jobView, withApplication } from './jobs-row.ts';
import type { Queries } from './port.ts';
import { isId } from './row.ts';
import { visible } from './scope.ts';
import { views } from './views.ts';

export const getJob =
  (pool: DatabasePool): Queries['getJob'] =>
  async (scope, jobId) => {
    if (!isId(jobId)) return undefined;
    const row = await pool.maybeOne(sql.type(JobRow)`
      SELECT ${jobColumns} FROM ${views.jobs} AS job JOIN ${visible(scope)} USING (tenant) ${withApplication}
      WHERE job.job_id = ${jobId} AND NOT job.deleted`);
    return row === null ? undefined : jobView(row);
  };
