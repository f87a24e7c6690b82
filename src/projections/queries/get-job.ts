import { type DatabasePool, sql } from 'slonik';
import { z } from 'zod';
import { batchedReads } from '../../db/batched-reads.ts';
import { type RowReaderFor, toReadError } from '../../db/reader.ts';
import type { Clock } from '../../world.ts';
import { JobRow, jobColumns, jobViewer, withApplication } from './jobs-row.ts';
import type { JobView } from './port/jobs.ts';
import type { Scope } from './port/scope.ts';
import { isId } from './row.ts';
import { visibleJobs } from './scope.ts';

const PlacedRow = JobRow.extend({ place: z.int() });
type JobLookup = { readonly scope: Scope; readonly jobId: number };

type Options = { readonly readerFor: RowReaderFor; readonly limitMs: number; readonly clock: Clock };

/** @param pool a pool that keeps plans, because planning this query took longer than running it */
export const getJob = (pool: DatabasePool, { readerFor, limitMs, clock }: Options) => {
  const read = batchedReads(async (lookups: readonly JobLookup[]): Promise<ReadonlyMap<JobLookup, JobRow>> => {
    const rows = await pool.any(sql.prepared('job_by_id', PlacedRow)`
      SELECT job.place, ${jobColumns} FROM ${visibleJobs(lookups)} ${withApplication} WHERE NOT job.deleted`);
    const found = new Map<JobLookup, JobRow>();
    for (const row of rows) {
      const lookup = lookups[row.place];
      if (lookup !== undefined) found.set(lookup, row);
    }
    return found;
  });
  return async (scope: Scope, jobId: number): Promise<JobView | undefined> => {
    if (!isId(jobId)) return undefined;
    try {
      const row = await read({ scope, jobId });
      if (row === undefined) return undefined;
      return (await jobViewer([row], { reader: readerFor(scope), nowMs: clock.now() }))(row);
    } catch (error) {
      throw toReadError(error, limitMs);
    }
  };
};
