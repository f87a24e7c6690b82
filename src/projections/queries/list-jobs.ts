import { type FragmentSqlToken, sql } from 'slonik';
import type { RowReaderFor } from '../../db/reader.ts';
import type { Clock } from '../../runtime/world.ts';
import { decodeCursor } from './cursor.ts';
import { ordered } from './filters.ts';
import { conditionsOf, type JobFilter, type JobsPageRequest, totalOf } from './job-filter.ts';
import { JobRow, type JobView, jobColumns, jobViewer, withApplication } from './jobs-row.ts';
import { type ListPage, pageColumns, toListPage, withinBytes } from './page.ts';
import { isId } from './row.ts';
import { isOfBound, type Scope, visible } from './scope.ts';
import type { SlotIndex } from './slots/slot-index.ts';
import { listSortedJobs } from './sorted-jobs.ts';
import { views } from './views.ts';

const ListedRow = JobRow.extend(pageColumns);
const BYTES = sql.fragment`octet_length(definition)`;

/** Oldest first unless the order is given. */
export const listJobs =
  (readerFor: RowReaderFor, clock: Clock, slotIndex: SlotIndex) =>
  async (
    scope: Scope,
    filter: JobFilter,
    { limit, cursor, sort = { by: 'createdAt', isDescending: false } }: JobsPageRequest,
  ): Promise<ListPage<JobView>> => {
    const { direction, comesAfter } = ordered(sort.isDescending ? 'newest first' : 'oldest first');
    const by = (row: FragmentSqlToken) => sql.fragment`${row}.created_at ${direction}, ${row}.job_id ${direction}`;
    if (filter.applicationId !== undefined && !isId(filter.applicationId)) return { items: [], total: 0 };
    const { by: column } = sort;
    if (column !== 'createdAt') {
      const page = { limit, sort: { ...sort, by: column }, ...(cursor === undefined ? {} : { cursor }) };
      return listSortedJobs({ readerFor, clock, slotIndex }, { scope, filter, page });
    }
    const conditions = [...conditionsOf(filter), isOfBound(scope, sql.fragment`listed`)];
    if (cursor !== undefined) {
      const { at, id } = decodeCursor(cursor);
      conditions.push(
        sql.fragment`(listed.created_at, listed.job_id) ${comesAfter} (${at}::timestamptz, ${id}::bigint)`,
      );
    }
    const listed = sql.fragment`
      SELECT job.* FROM ${visible(scope)} CROSS JOIN LATERAL (
        SELECT * FROM ${views.jobs} AS listed
        WHERE listed.tenant = visible.tenant AND ${sql.join(conditions, sql.fragment` AND `)}
        ORDER BY ${by(sql.fragment`listed`)} LIMIT ${limit + 1}
      ) AS job
      ORDER BY ${by(sql.fragment`job`)} LIMIT ${limit + 1}`;
    const reader = readerFor(scope);
    const [rows, total] = await Promise.all([
      reader.any(sql.type(ListedRow)`
        SELECT job.found, ${jobColumns} FROM (${withinBytes({ rows: listed, order: by(sql.fragment`row`), bytes: BYTES })}) AS job
        ${withApplication} ORDER BY ${by(sql.fragment`job`)}`),
      totalOf(reader, scope, filter),
    ]);
    return toListPage(rows, {
      limit,
      keyset: ({ createdAt, jobId }) => ({ at: createdAt, id: jobId }),
      item: await jobViewer(rows, { reader, clock }),
      total,
      found: rows[0]?.found,
    });
  };
