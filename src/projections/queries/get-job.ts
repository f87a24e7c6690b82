import { type DatabasePool, sql } from 'slonik';
import { z } from 'zod';
import { batchedReads } from '../../db/batched-reads.ts';
import { type RowReaderFor, toReadError } from '../../db/reader.ts';
import { keepingPlans } from '../../db/two-readers.ts';
import type { Clock } from '../../runtime/world.ts';
import { JobRow, type JobView, jobColumns, jobViewer, withApplication } from './jobs-row.ts';
import { isId } from './row.ts';
import { type Scope, visible, visibleJobs } from './scope.ts';
import { views } from './views.ts';

const PlacedRow = JobRow.extend({ place: z.int() });
type JobLookup = { readonly scope: Scope; readonly jobId: number };

type Options = { readonly limitMs: number; readonly clock: Clock };

/** @param pool a pool that keeps plans, because planning these queries took longer than running them */
export const getJob = (pool: DatabasePool, { limitMs, clock }: Options) => {
  const reader = keepingPlans(pool);
  const read = batchedReads(async (lookups: readonly JobLookup[]): Promise<ReadonlyMap<JobLookup, JobView>> => {
    const rows = await reader.any(sql.type(PlacedRow)`
      SELECT job.place, ${jobColumns} FROM ${visibleJobs(lookups)} ${withApplication} WHERE NOT job.deleted`);
    const viewOf = await jobViewer(rows, { reader, clock });
    const found = new Map<JobLookup, JobView>();
    for (const row of rows) {
      const lookup = lookups[row.place];
      if (lookup !== undefined) found.set(lookup, viewOf(row));
    }
    return found;
  });
  return async (scope: Scope, jobId: number): Promise<JobView | undefined> => {
    if (!isId(jobId)) return undefined;
    try {
      return await read({ scope, jobId });
    } catch (error) {
      throw toReadError(error, limitMs);
    }
  };
};

/** Tells whether the job exists or existed. Executions of a deleted job stay readable. */
export const jobEverExisted =
  (readerFor: RowReaderFor) =>
  async (scope: Scope, jobId: number): Promise<boolean> => {
    if (!isId(jobId)) return false;
    return readerFor(scope).exists(sql.type(z.object({}))`
      SELECT FROM ${views.jobs} AS job JOIN ${visible(scope)} USING (tenant) WHERE job.job_id = ${jobId}`);
  };
