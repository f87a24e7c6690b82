import { type FragmentSqlToken, sql } from 'slonik';
import type { RowReader, RowReaderFor } from '../../db/reader.ts';
import type { Clock } from '../../world.ts';
import { storable, storableJson } from '../columns.ts';
import { decodeCursor } from './cursor.ts';
import { hasAny, isOfApplication, namedLike, ordered } from './filters.ts';
import { JobRow, jobColumns, jobViewer, withApplication } from './jobs-row.ts';
import { pageColumns, toListPage, withinBytes } from './page.ts';
import type { JobFilter, Queries, Scope } from './port.ts';
import { count, isId } from './row.ts';
import { isOfBound, visible } from './scope.ts';
import { views } from './views.ts';

const ListedRow = JobRow.extend(pageColumns);
const BYTES = sql.fragment`octet_length(definition)`;

/** Oldest first unless told. */
export const listJobs =
  (readerFor: RowReaderFor, clock: Clock): Queries['listJobs'] =>
  async (scope, filter, { limit, cursor, order = 'oldest first' }) => {
    const { direction, comesAfter } = ordered(order);
    const by = (row: FragmentSqlToken) => sql.fragment`${row}.created_at ${direction}, ${row}.job_id ${direction}`;
    if (filter.applicationId !== undefined && !isId(filter.applicationId)) return { items: [], total: 0 };
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
      keyset: ({ created_at, job_id }) => ({ at: created_at, id: job_id }),
      item: await jobViewer(rows, { reader, nowMs: clock.now() }),
      total,
      found: rows[0]?.found,
    });
  };

/** Conditions on `listed`. */
export const conditionsOf = ({
  applicationId,
  application,
  enabled,
  name,
  labels,
  taskType,
  createdBy,
}: JobFilter): FragmentSqlToken[] => {
  const conditions = [sql.fragment`NOT listed.deleted`];
  if (applicationId !== undefined) conditions.push(sql.fragment`listed.application_id = ${applicationId}`);
  if (application !== undefined) conditions.push(isOfApplication(application));
  if (enabled !== undefined) conditions.push(sql.fragment`listed.enabled = ${enabled}`);
  if (name !== undefined) conditions.push(namedLike(sql.fragment`listed`, name));
  if (hasAny(labels)) conditions.push(sql.fragment`listed.labels @> ${storableJson(labels)}::jsonb`);
  if (taskType !== undefined) conditions.push(sql.fragment`listed.task_type = ${storable(taskType)}`);
  if (createdBy !== undefined) conditions.push(sql.fragment`listed.created_by = ${storable(createdBy)}`);
  return conditions;
};

/** Reads the total from the counters, which exist by application, for all jobs and for enabled jobs. */
const totalOf = async (reader: RowReader, scope: Scope, filter: JobFilter): Promise<number | undefined> => {
  const { applicationId, enabled, ...uncounted } = filter;
  if (scope.applications !== undefined || Object.values(uncounted).some((value) => value !== undefined))
    return undefined;
  const ofApplication =
    applicationId === undefined ? sql.fragment`` : sql.fragment`WHERE application_id = ${applicationId}`;
  const counted =
    enabled === undefined ? sql.fragment`total` : enabled ? sql.fragment`enabled` : sql.fragment`total - enabled`;
  const row = await reader.one(sql.type(count)`
    SELECT coalesce(sum(${counted}), 0)::bigint AS count
    FROM ${views.jobCounts} JOIN ${visible(scope)} USING (tenant) ${ofApplication}`);
  return row.count;
};
