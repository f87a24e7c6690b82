import { type FragmentSqlToken, sql } from 'slonik';
import { z } from 'zod';
import { batchedReads } from '../../db/batched-reads.ts';
import { defined } from '../../domain/defined.ts';
import { isAsOf } from './as-of/executions.ts';
import { getJobAsOf, listJobsAsOf } from './as-of/jobs.ts';
import { hasPauses } from './closures.ts';
import type { QueryContext } from './context.ts';
import { encodeCursor } from './cursor.ts';
import { isBeyond, ordered } from './filters.ts';
import { type JobFilter, type JobsPageRequest, totalOf } from './job-filter.ts';
import { JobRow, type JobView, jobColumns, jobJoins, jobViewer } from './jobs-row.ts';
import { type ListPage, limitBytes, pageColumns, toListPage } from './page.ts';
import { isId } from './row.ts';
import { isOfBound, type Scope, visible, visibleJobs } from './scope.ts';
import { listedConditions, listSortedJobs } from './sorted-jobs.ts';
import { views } from './views.ts';

const ListedRow = JobRow.extend(pageColumns);
const BYTES = sql.fragment`octet_length(definition)`;

/** Oldest first unless the order is given. */
export const listJobs =
  (context: QueryContext) =>
  async (scope: Scope, filter: JobFilter, page: JobsPageRequest): Promise<ListPage<JobView>> => {
    if (isAsOf(scope)) return listJobsAsOf(context, scope, filter, page);
    const { limit, cursor, sort = { by: 'createdAt', isDescending: false } } = page;
    const { readerFor, clock, logId } = context;
    const order = sort.isDescending ? 'newest first' : 'oldest first';
    const { direction } = ordered(order);
    const by = (row: FragmentSqlToken) => sql.fragment`${row}.created_at ${direction}, ${row}.job_id ${direction}`;
    if (filter.applicationId !== undefined && !isId(filter.applicationId)) return { items: [], total: 0 };
    const { by: column } = sort;
    if (column !== 'createdAt') {
      const sorted = defined({ limit, sort: { ...sort, by: column }, cursor });
      return listSortedJobs(context, { scope, filter, page: sorted });
    }
    const reader = readerFor(scope);
    const conditions = [
      ...(await listedConditions(reader, context, { scope, filter })),
      isOfBound(scope, sql.fragment`listed`),
      isBeyond(cursor, sql.fragment`listed.created_at, listed.job_id`, order),
    ];
    const listed = sql.fragment`
      SELECT job.* FROM ${visible(scope)} CROSS JOIN LATERAL (
        SELECT * FROM ${views.jobs} AS listed
        WHERE listed.tenant = visible.tenant AND ${sql.join(conditions, sql.fragment` AND `)}
        ORDER BY ${by(sql.fragment`listed`)} LIMIT ${limit + 1}
      ) AS job
      ORDER BY ${by(sql.fragment`job`)} LIMIT ${limit + 1}`;
    const [rows, total] = await Promise.all([
      reader.any(sql.type(ListedRow)`
        SELECT job.found, ${jobColumns} FROM (${limitBytes({ rows: listed, order: by(sql.fragment`row`), bytes: BYTES })}) AS job
        ${jobJoins(logId)} ORDER BY ${by(sql.fragment`job`)}`),
      totalOf(reader, scope, filter),
    ]);
    return toListPage(rows, {
      limit,
      cursorAfter: ({ createdAt, jobId }) => encodeCursor({ at: createdAt, id: jobId }),
      item: await jobViewer(rows, { reader, clock }),
      total,
      found: rows[0]?.found,
    });
  };

const PlacedRow = JobRow.extend({ place: z.int(), mayBePaused: z.boolean() });
type PlacedRow = z.infer<typeof PlacedRow>;
type JobLookup = { readonly scope: Scope; readonly jobId: number };

/** Most jobs are closed by nothing, and for them this spares a second statement. */
const mayBeClosed = ({ mayBePaused, definition }: PlacedRow): boolean =>
  mayBePaused || definition.calendar !== undefined;

export const getJob = (context: QueryContext) => {
  const { byKey: reader, clock, logId } = context;
  const joins = jobJoins(logId);
  const read = batchedReads(async (lookups: readonly JobLookup[]): Promise<ReadonlyMap<JobLookup, JobView>> => {
    const rows = await reader.any(sql.type(PlacedRow)`
      SELECT job.place, ${hasPauses(sql.fragment`job.tenant`, clock)} AS "mayBePaused", ${jobColumns}
      FROM ${visibleJobs(lookups)} ${joins} WHERE NOT job.deleted`);
    const viewOf = await jobViewer(rows, { reader, clock, mayBeClosed });
    const found = new Map<JobLookup, JobView>();
    for (const row of rows) {
      const lookup = lookups[row.place];
      if (lookup !== undefined) found.set(lookup, viewOf(row));
    }
    return found;
  });
  return async (scope: Scope, jobId: number): Promise<JobView | undefined> => {
    if (!isId(jobId)) return undefined;
    return isAsOf(scope) ? getJobAsOf(context, scope, jobId) : read({ scope, jobId });
  };
};

/** Tells whether the job exists or existed. Executions of a deleted job stay readable. */
export const jobEverExisted =
  ({ readerFor }: QueryContext) =>
  async (scope: Scope, jobId: number): Promise<boolean> => {
    if (!isId(jobId)) return false;
    return readerFor(scope).exists(sql.type(z.object({}))`
      SELECT FROM ${views.jobs} AS job JOIN ${visible(scope)} USING (tenant) WHERE job.job_id = ${jobId}`);
  };
