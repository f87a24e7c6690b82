import { sql } from 'slonik';
import { z } from 'zod';
import type { RowReaderFor } from '../../db/reader.ts';
import type { Queries } from './port.ts';
import { isId } from './row.ts';
import { visible } from './scope.ts';
import { views } from './views.ts';

export const jobEverExisted =
  (readerFor: RowReaderFor): Queries['jobEverExisted'] =>
  async (scope, jobId) => {
    if (!isId(jobId)) return false;
    return readerFor(scope).exists(sql.type(z.object({}))`
      SELECT FROM ${views.jobs} AS job JOIN ${visible(scope)} USING (tenant) WHERE job.job_id = ${jobId}`);
  };
