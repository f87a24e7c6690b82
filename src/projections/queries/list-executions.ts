import { type FragmentSqlToken, sql } from 'slonik';
import type { RowReader, RowReaderFor } from '../../db/reader.ts';
import { decodeCursor } from './cursor.ts';
import { ExecutionRow, executionColumns, executionFromRow } from './executions-row.ts';
import { pageColumns, toListPage, withinBytes } from './page.ts';
import type { ExecutionFilter, Queries, Scope } from './port.ts';
import { count, isId } from './row.ts';
import { visible } from './scope.ts';
import { views } from './views.ts';

const ListedRow = ExecutionRow.extend(pageColumns);
const ORDER = sql.fragment`created_at DESC, id DESC`;
const BYTES = sql.fragment`
  coalesce(octet_length(job_snapshot), 0) + coalesce(octet_length(result), 0)
  + coalesce(octet_length(error), 0) + coalesce(octet_length(attempts), 0) + coalesce(octet_length(labels), 0)`;

/** Newest first. */
export const listExecutions =
  (readerFor: RowReaderFor): Queries['listExecutions'] =>
  async (scope, filter, { limit, cursor }) => {
    if (![filter.jobId, filter.applicationId, filter.backfillId].every((id) => isId(id ?? 0)))
      return { items: [], total: 0 };
    const conditions = conditionsOf(filter);
    if (cursor !== undefined) {
      const { at, id } = decodeCursor(cursor);
      conditions.push(sql.fragment`(listed.created_at, listed.id) < (${at}::timestamptz, ${id}::bigint)`);
    }
    const listed = sql.fragment`
      SELECT execution.* FROM ${visible(scope)} CROSS JOIN LATERAL (
        SELECT * FROM ${views.executions} AS listed
        WHERE ${sql.join([sql.fragment`listed.tenant = visible.tenant`, ...conditions], sql.fragment` AND `)}
        ORDER BY listed.created_at DESC, listed.id DESC LIMIT ${limit + 1}
      ) AS execution
      ORDER BY execution.created_at DESC, execution.id DESC LIMIT ${limit + 1}`;
    const reader = readerFor(scope);
    const [rows, total] = await Promise.all([
      reader.any(sql.type(ListedRow)`
        SELECT execution.found, ${executionColumns}
        FROM (${withinBytes({ rows: listed, order: ORDER, bytes: BYTES })}) AS execution
        ORDER BY execution.created_at DESC, execution.id DESC`),
      totalOf(reader, scope, filter),
    ]);
    return toListPage(rows, {
      limit,
      keyset: ({ created_at, id }) => ({ at: created_at, id }),
      item: executionFromRow,
      total,
      found: rows[0]?.found,
    });
  };

/** Conditions on `listed`. */
export const conditionsOf = ({
  jobId,
  applicationId,
  status,
  trigger,
  backfillId,
  from,
  to,
}: ExecutionFilter): FragmentSqlToken[] => {
  const conditions: FragmentSqlToken[] = [];
  if (jobId !== undefined) conditions.push(sql.fragment`listed.job_id = ${jobId}`);
  if (applicationId !== undefined) conditions.push(sql.fragment`listed.application_id = ${applicationId}`);
  if (status !== undefined) conditions.push(sql.fragment`listed.status = ${status}`);
  // Repeated without a parameter, so that the planner can use the partial index for the other statuses.
  if (status !== undefined && status !== 'succeeded') conditions.push(sql.fragment`listed.status <> 'succeeded'`);
  if (trigger !== undefined) conditions.push(sql.fragment`listed.trigger = ${trigger}`);
  if (backfillId !== undefined) conditions.push(sql.fragment`listed.backfill_id = ${backfillId}`);
  if (from !== undefined) conditions.push(sql.fragment`listed.created_at >= ${from}::timestamptz`);
  if (to !== undefined) conditions.push(sql.fragment`listed.created_at < ${to}::timestamptz`);
  return conditions;
};

/** Reads the total from the counters, which exist by tenant, application and job, each by status. */
const totalOf = async (reader: RowReader, scope: Scope, filter: ExecutionFilter): Promise<number | undefined> => {
  const { jobId, applicationId, status, ...uncounted } = filter;
  if (Object.values(uncounted).some((value) => value !== undefined)) return undefined;
  if (jobId !== undefined && applicationId !== undefined) return undefined;
  const kind = jobId !== undefined ? 'job' : applicationId !== undefined ? 'application' : 'tenant';
  const counted =
    status === undefined
      ? sql.fragment`pending + running + succeeded + failed + cancelled`
      : sql.fragment`${sql.identifier([status])}`;
  const row = await reader.one(sql.type(count)`
    SELECT coalesce(sum(${counted}), 0)::bigint AS count
    FROM ${views.executionCounts} JOIN ${visible(scope)} USING (tenant)
    WHERE kind = ${kind} AND id = ${jobId ?? applicationId ?? 0}`);
  return row.count;
};
