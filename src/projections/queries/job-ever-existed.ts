import { type DatabasePool, sql } from 'slonik';
import { z } from 'zod';
import type { Queries } from './port.ts';
import { isId } from './row.ts';
import { visible } from './scope.ts';
import { views } from './views.ts';

export const jobEverExisted =
  (pool: DatabasePool): Queries['jobEverExisted'] =>
  async (scope, jobId) => {
    if (!isId(jobId)) return false;
    return pool.exists(sql.type(z.object({}))`
      SELECT FROM ${views.jobs} AS job JOIN ${visible(scope)} USING (tenant) WHERE job.job_id = ${jobId}`);
  };
