import { type FragmentSqlToken, sql } from 'slonik';
import { z } from 'zod';
import type { RowReader } from '../../db/reader.ts';
import { EXECUTION_STATUSES, type ExecutionStatus } from '../../domain/events/index.ts';
import { decodeTwoWayCursor, type TwoWayPlace } from './cursor.ts';
import type { ExecutionFilter } from './executions-filter.ts';
import { isOfStrand, type Part, partsOf, type Strands, strandItem, strandsOf } from './executions-parts.ts';
import { opposite, ordered } from './filters.ts';
import {
  type ListOrder,
  type ListPage,
  limitBytes,
  pageColumns,
  type SortedPageRequest,
  toTwoWayPage,
} from './page.ts';
import { type ExecutionView, executionRecord, executionView } from './records/executions.ts';
import { bigint, isId } from './row.ts';
import { isOfBound, type Scope, visible } from './scope.ts';
import { views } from './views.ts';

const ListedRow = executionRecord.row.extend(pageColumns);
/** The size of an execution in bytes. */
export const BYTES = sql.fragment`
  coalesce(octet_length(job_snapshot), 0) + coalesce(octet_length(result), 0)
  + coalesce(octet_length(error), 0) + coalesce(octet_length(attempts), 0) + coalesce(octet_length(labels), 0)`;

/**
 * Newest first unless the order is given. Each page is found by indexes that have its rows in their order.
 * @throws BadCursor
 */
export const listExecutions = async (
  reader: RowReader,
  scope: Scope,
  filter: ExecutionFilter,
  { limit, cursor, order = 'newest first' }: SortedPageRequest,
): Promise<ListPage<ExecutionView>> => {
  if (![filter.jobId, filter.applicationId, filter.backfillId].every((id) => isId(id ?? 0)))
    return { items: [], total: 0 };
  const place = cursor === undefined ? undefined : decodeTwoWayCursor(cursor);
  const [strands, total] = await Promise.all([strandsOf(reader, scope, filter, limit), totalOf(reader, scope, filter)]);
  const hasNone = total === 0 || (strands.by !== 'tenant' && strands.ids.length === 0);
  const parts = hasNone ? [] : await partsOf(reader, scope, filter, strands);
  const rows =
    parts.length === 0 ? [] : await reader.any(pageQuery(scope, filter, { strands, parts, limit, order, place }));
  const shown = rows.slice(0, limit);
  return toTwoWayPage(shown.map(executionView), {
    place,
    hasMore: (rows[0]?.found ?? 0) > shown.length,
    keyset: ({ createdAt, id }) => ({ at: createdAt, id }),
    total,
  });
};

type PageQuery = {
  readonly strands: Strands;
  readonly parts: readonly Part[];
  readonly limit: number;
  readonly order: ListOrder;
  readonly place: TwoWayPlace | undefined;
};

const pageQuery = (scope: Scope, { from, to }: ExecutionFilter, { strands, parts, limit, order, place }: PageQuery) => {
  const { direction, comesAfter } = ordered(place?.isBack === true ? opposite(order) : order);
  const by = (row: FragmentSqlToken) => sql.fragment`${row}.created_at ${direction}, ${row}.id ${direction}`;
  /** Conditions on the rows of an index. The plain one on the time leaves out partitions, which the pair does not. */
  const within = (row: FragmentSqlToken) =>
    sql.join(
      [
        isOfStrand(strands, row),
        ...(from === undefined ? [] : [sql.fragment`${row}.created_at >= ${from}::timestamptz`]),
        ...(to === undefined ? [] : [sql.fragment`${row}.created_at < ${to}::timestamptz`]),
        ...(place === undefined
          ? []
          : [
              sql.fragment`${row}.created_at ${comesAfter}= ${place.at}::timestamptz
                AND (${row}.created_at, ${row}.id) ${comesAfter} (${place.at}::timestamptz, ${place.id}::bigint)`,
            ]),
      ],
      sql.fragment` AND `,
    );
  const listed = sql.fragment`listed`;
  const found = sql.fragment`found`;
  const partQuery = ({ term, conditions }: Part): FragmentSqlToken => {
    const own = sql.join([isOfBound(scope, listed), ...conditions], sql.fragment` AND `);
    return term === undefined
      ? sql.fragment`(SELECT listed.* FROM ${views.executions} AS listed
          WHERE ${within(listed)} AND ${own} ORDER BY ${by(listed)} LIMIT ${limit + 1})`
      : sql.fragment`(SELECT listed.* FROM ${views.executionTerms} AS found
          JOIN ${views.executions} AS listed ON listed.id = found.id AND listed.created_at = found.created_at
          WHERE ${within(found)} AND found.term = ${term} AND ${own} ORDER BY ${by(found)} LIMIT ${limit + 1})`;
  };
  const rows = sql.fragment`
    SELECT execution.* FROM ${visible(scope)} ${strandItem(strands)} CROSS JOIN LATERAL (
      ${sql.join(parts.map(partQuery), sql.fragment` UNION ALL `)}
    ) AS execution
    ORDER BY ${by(sql.fragment`execution`)} LIMIT ${limit + 1}`;
  return sql.type(ListedRow)`
    SELECT execution.found, ${executionRecord.selected}
    FROM (${limitBytes({ rows, order: by(sql.fragment`row`), bytes: BYTES })}) AS execution
    ORDER BY ${by(sql.fragment`execution`)}`;
};

const TotalRow = z.object({ count: bigint, has_expired: z.boolean(), expired: bigint });

/**
 * Reads the total from the counters, which exist by tenant, application and job, each by status. They have what expired in
 * them: of a job it is taken off, and of more there is no total then.
 */
const totalOf = async (reader: RowReader, scope: Scope, filter: ExecutionFilter): Promise<number | undefined> => {
  const { jobId, applicationId, status, ...uncounted } = filter;
  if (scope.applications !== undefined || Object.values(uncounted).some((value) => value !== undefined))
    return undefined;
  if (jobId !== undefined && applicationId !== undefined) return undefined;
  const kind = jobId !== undefined ? 'job' : applicationId !== undefined ? 'application' : 'tenant';
  const statuses = status ?? EXECUTION_STATUSES;
  const sumOf = (some: readonly ExecutionStatus[]) =>
    sql.join(
      some.map((each) => sql.identifier([each])),
      sql.fragment` + `,
    );
  const ended = statuses.filter((each) => each !== 'pending' && each !== 'running');
  const row = await reader.one(sql.type(TotalRow)`
    SELECT coalesce((
        SELECT sum(${sumOf(statuses)}) FROM ${views.executionCounts} JOIN ${visible(scope)} USING (tenant)
        WHERE kind = ${kind} AND id = ${jobId ?? applicationId ?? 0}
      ), 0)::bigint AS count,
      EXISTS (SELECT FROM ${views.expiredExecutions} JOIN ${visible(scope)} USING (tenant)) AS has_expired,
      coalesce((
        SELECT ${ended.length === 0 ? sql.fragment`0` : sumOf(ended)} FROM ${views.expiredExecutions} JOIN ${visible(scope)} USING (tenant)
        WHERE job_id = ${jobId ?? 0}
      ), 0)::bigint AS expired`);
  if (kind === 'job') return row.count - row.expired;
  return row.has_expired ? undefined : row.count;
};
