import { sql } from 'slonik';
import { z } from 'zod';
import type { RowReaderFor } from '../../db/reader.ts';
import { bigint } from './row.ts';
import { type Scope, visible } from './scope.ts';
import { views } from './views.ts';

/** The names of jobs by their ids. */
export type JobNames = ReadonlyMap<number, string>;

const Row = z.object({ job_id: bigint, name: z.string() });

/** The names that these jobs have now, also those that are deleted. */
export const namesOfJobs =
  (readerFor: RowReaderFor) =>
  async (scope: Scope, jobIds: readonly number[]): Promise<JobNames> => {
    if (jobIds.length === 0) return new Map();
    const rows = await readerFor(scope).any(sql.type(Row)`
      SELECT job_id, name FROM ${views.jobs} JOIN ${visible(scope)} USING (tenant)
      WHERE job_id = ANY (${sql.array([...new Set(jobIds)], 'int8')})`);
    return new Map(rows.map(({ job_id, name }) => [job_id, name]));
  };
