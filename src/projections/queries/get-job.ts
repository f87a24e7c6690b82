import { type DatabasePool, sql } from 'slonik';
import { z } from 'zod';
import { batchedReads } from '../../db/batched-reads.ts';
import { toReadError } from '../../db/reader.ts';
import { JobRow, jobColumns, jobFromRow, withApplication } from './jobs-row.ts';
import type { JobView, Queries, Scope } from './port.ts';
import { isId } from './row.ts';
import { visibleJobs } from './scope.ts';

const PlacedRow = JobRow.extend({ place: z.int() });
type JobLookup = { readonly scope: Scope; readonly jobId: number };

/** @param pool a pool that keeps plans, because planning this query took longer than running it */
export const getJob = (pool: DatabasePool, limitMs: number): Queries['getJob'] => {
  const read = batchedReads(async (lookups: readonly JobLookup[]): Promise<ReadonlyMap<JobLookup, JobView>> => {
    const rows = await pool.any(sql.prepared('job_by_id', PlacedRow)`
      SELECT job.place, ${jobColumns} FROM ${visibleJobs(lookups)} ${withApplication} WHERE NOT job.deleted`);
    const found = new Map<JobLookup, JobView>();
    for (const row of rows) {
      const lookup = lookups[row.place];
      if (lookup !== undefined) found.set(lookup, jobFromRow(row));
    }
    return found;
  });
  return async (scope, jobId) => {
    if (!isId(jobId)) return undefined;
    try {
      return await read({ scope, jobId });
    } catch (error) {
      throw toReadError(error, limitMs);
    }
  };
};
