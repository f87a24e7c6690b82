import { type FragmentSqlToken, sql } from 'slonik';
import type { RowReader, RowReaderFor } from '../../db/reader.ts';
import { storable, storableJson } from '../columns.ts';
import { decodeCursor } from './cursor.ts';
import { ExecutionRow, executionColumns, executionFromRow } from './executions-row.ts';
import { hasAny, isOfApplication, namedLike, ordered } from './filters.ts';
import { pageColumns, toListPage, withinBytes } from './page.ts';
import { EXECUTION_STATUSES, type ExecutionFilter, type Queries, type Scope } from './port.ts';
import { count, isId } from './row.ts';
import { isOfBound, visible } from './scope.ts';
import { views } from './views.ts';

const ListedRow = ExecutionRow.extend(pageColumns);
const BYTES = sql.fragment`
  coalesce(octet_length(job_snapshot), 0) + coalesce(octet_length(result), 0)
  + coalesce(octet_length(error), 0) + coalesce(octet_length(attempts), 0) + coalesce(octet_length(labels), 0)`;

/** Newest first unless told. */
export const listExecutions =
  (readerFor: RowReaderFor): Queries['listExecutions'] =>
  async (scope, filter, { limit, cursor, order = 'newest first' }) => {
    if (![filter.jobId, filter.applicationId, filter.backfillId].every((id) => isId(id ?? 0)))
      return { items: [], total: 0 };
    const { direction, comesAfter } = ordered(order);
    const by = (row: FragmentSqlToken) => sql.fragment`${row}.created_at ${direction}, ${row}.id ${direction}`;
    const conditions = [...conditionsOf(filter), isOfBound(scope, sql.fragment`listed`)];
    if (cursor !== undefined) {
      const { at, id } = decodeCursor(cursor);
      conditions.push(sql.fragment`(listed.created_at, listed.id) ${comesAfter} (${at}::timestamptz, ${id}::bigint)`);
    }
    const listed = sql.fragment`
      SELECT execution.* FROM ${visible(scope)} CROSS JOIN LATERAL (
        SELECT * FROM ${views.executions} AS listed
        WHERE ${sql.join([sql.fragment`listed.tenant = visible.tenant`, ...conditions], sql.fragment` AND `)}
        ORDER BY ${by(sql.fragment`listed`)} LIMIT ${limit + 1}
      ) AS execution
      ORDER BY ${by(sql.fragment`execution`)} LIMIT ${limit + 1}`;
    const reader = readerFor(scope);
    const [rows, total] = await Promise.all([
      reader.any(sql.type(ListedRow)`
        SELECT execution.found, ${executionColumns}
        FROM (${withinBytes({ rows: listed, order: by(sql.fragment`row`), bytes: BYTES })}) AS execution
        ORDER BY ${by(sql.fragment`execution`)}`),
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
export const conditionsOf = (filter: ExecutionFilter): FragmentSqlToken[] => {
  const { jobId, jobName, applicationId, application, status, errorCode, labels, trigger, backfillId, from, to } =
    filter;
  const conditions: FragmentSqlToken[] = [];
  if (jobId !== undefined) conditions.push(sql.fragment`listed.job_id = ${jobId}`);
  if (jobName !== undefined) conditions.push(isOfJobNamed(jobName));
  if (applicationId !== undefined) conditions.push(sql.fragment`listed.application_id = ${applicationId}`);
  if (application !== undefined) conditions.push(isOfApplication(application));
  if (status !== undefined) conditions.push(sql.fragment`listed.status = ANY (${sql.array([...status], 'text')})`);
  if (errorCode !== undefined) {
    conditions.push(sql.fragment`listed.error IS NOT NULL AND listed.error::json ->> 'code' = ${storable(errorCode)}`);
  }
  // Repeated without a parameter, so that the planner can use the partial index for the other statuses.
  const hasSucceeded = errorCode === undefined && (status === undefined || status.includes('succeeded'));
  if (!hasSucceeded) conditions.push(sql.fragment`listed.status <> 'succeeded'`);
  if (hasAny(labels)) conditions.push(sql.fragment`listed.labels::jsonb @> ${storableJson(labels)}::jsonb`);
  if (trigger !== undefined) conditions.push(sql.fragment`listed.trigger = ${trigger}`);
  if (backfillId !== undefined) conditions.push(sql.fragment`listed.backfill_id = ${backfillId}`);
  if (from !== undefined) conditions.push(sql.fragment`listed.created_at >= ${from}::timestamptz`);
  if (to !== undefined) conditions.push(sql.fragment`listed.created_at < ${to}::timestamptz`);
  return conditions;
};

/** Its job, deleted or not, has a name with this part. */
const isOfJobNamed = (part: string): FragmentSqlToken => sql.fragment`listed.job_id IN (
  SELECT job.job_id FROM ${views.jobs} AS job
  WHERE job.tenant = listed.tenant AND ${namedLike(sql.fragment`job`, part)})`;

/** Reads the total from the counters, which exist by tenant, application and job, each by status. */
const totalOf = async (reader: RowReader, scope: Scope, filter: ExecutionFilter): Promise<number | undefined> => {
  const { jobId, applicationId, status, ...uncounted } = filter;
  if (scope.applications !== undefined || Object.values(uncounted).some((value) => value !== undefined))
    return undefined;
  if (jobId !== undefined && applicationId !== undefined) return undefined;
  const kind = jobId !== undefined ? 'job' : applicationId !== undefined ? 'application' : 'tenant';
  const counted = sql.join(
    (status ?? EXECUTION_STATUSES).map((each) => sql.identifier([each])),
    sql.fragment` + `,
  );
  const row = await reader.one(sql.type(count)`
    SELECT coalesce(sum(${counted}), 0)::bigint AS count
    FROM ${views.executionCounts} JOIN ${visible(scope)} USING (tenant)
    WHERE kind = ${kind} AND id = ${jobId ?? applicationId ?? 0}`);
  return row.count;
};
