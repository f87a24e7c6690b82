import { sql } from 'slonik';
import { z } from 'zod';
import type { RowReaderFor } from '../../db/reader.ts';
import type { Scope } from './port/scope.ts';
import { isId } from './row.ts';
import { visible } from './scope.ts';
import { views } from './views.ts';

/** Tells whether the job exists or existed. Executions of a deleted job stay readable. */
export const jobEverExisted =
  (readerFor: RowReaderFor) =>
  async (scope: Scope, jobId: number): Promise<boolean> => {
    if (!isId(jobId)) return false;
    return readerFor(scope).exists(sql.type(z.object({}))`
      SELECT FROM ${views.jobs} AS job JOIN ${visible(scope)} USING (tenant) WHERE job.job_id = ${jobId}`);
  };
