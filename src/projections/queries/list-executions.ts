import { type FragmentSqlToken, sql } from 'slonik';
import { z } from 'zod';
import type { RowReader } from '../../db/reader.ts';
import { EXECUTION_STATUSES, type ExecutionStatus } from '../../domain/events/index.ts';
import {
  type ExecutionFilter,
  isOfStrand,
  type Part,
  partsOf,
  type Strands,
  strandItem,
  strandsOf,
} from './executions-filter.ts';
import { type Keyset, keysetOf, type Place } from './keyset.ts';
import { type ListPage, pageColumns, pageRows, type SortedPageRequest, toListPage } from './page.ts';
import { type ExecutionView, executionRecord, executionView } from './records/executions.ts';
import { bigint, isId } from './row.ts';
import { isOfBound, type Scope, visible } from './scope.ts';
import { views } from './views.ts';

const ListedRow = executionRecord.row.extend(pageColumns);
/** The size of an execution in bytes. */
export const BYTES = sql.fragment`
  coalesce(octet_length(job_snapshot), 0) + coalesce(octet_length(result), 0)
  + coalesce(octet_length(error), 0) + coalesce(octet_length(attempts), 0) + coalesce(octet_length(labels), 0)`;

/** The columns that lists of executions are ordered by. */
export const EXECUTION_ORDER = { created_at: 'timestamptz', id: 'bigint' } as const;
export const placeOfExecution = ({ createdAt, id }: { readonly createdAt: string; readonly id: number }): Place => [
  createdAt,
  id,
];

/**
 * Newest first unless the order is given. Indexes contain the rows of each page in order.
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
  const keyset = keysetOf(EXECUTION_ORDER, { cursor, isDescending: order === 'newest first', isTwoWay: true });
  const [strands, total] = await Promise.all([strandsOf(reader, scope, filter, limit), totalOf(reader, scope, filter)]);
  const hasNone = total === 0 || (strands.by !== 'tenant' && strands.ids.length === 0);
  const parts = hasNone ? [] : await partsOf(reader, scope, filter, strands);
  const rows = parts.length === 0 ? [] : await reader.any(pageQuery(scope, filter, { strands, parts, limit, keyset }));
  return toListPage(rows, {
    limit,
    keyset,
    placeOf: placeOfExecution,
    item: executionView,
    total,
    found: rows[0]?.found,
  });
};

type PageQuery = {
  readonly strands: Strands;
  readonly parts: readonly Part[];
  readonly limit: number;
  readonly keyset: Keyset;
};

const pageQuery = (scope: Scope, { from, to }: ExecutionFilter, { strands, parts, limit, keyset }: PageQuery) => {
  /** Conditions on the rows of an index. */
  const within = (name: string): FragmentSqlToken[] => {
    const row = sql.fragment`${sql.identifier([name])}`;
    return [
      isOfStrand(strands, row),
      ...(from === undefined ? [] : [sql.fragment`${row}.created_at >= ${from}::timestamptz`]),
      ...(to === undefined ? [] : [sql.fragment`${row}.created_at < ${to}::timestamptz`]),
    ];
  };
  const rows = pageRows({
    scope,
    keyset,
    limit,
    beside: strandItem(strands),
    bytes: BYTES,
    parts: parts.map(({ term, conditions }) => {
      const own = [isOfBound(scope, sql.fragment`listed`), ...conditions];
      const select = sql.fragment`listed.*`;
      if (term === undefined)
        return {
          select,
          from: sql.fragment`${views.executions} AS listed`,
          orderedBy: 'listed',
          where: [...within('listed'), ...own],
        };
      return {
        select,
        from: sql.fragment`${views.executionTerms} AS found
          JOIN ${views.executions} AS listed ON listed.id = found.id AND listed.created_at = found.created_at`,
        orderedBy: 'found',
        where: [...within('found'), sql.fragment`found.term = ${term}`, ...own],
      };
    }),
  });
  return sql.type(ListedRow)`
    SELECT execution.found, ${executionRecord.selected} FROM (${rows}) AS execution
    ORDER BY ${keyset.order('execution')}`;
};

const TotalRow = z.object({ count: bigint, has_expired: z.boolean(), expired: bigint });

/**
 * Reads the total from the counters, which exist by tenant, application and job, each by status. They include expired
 * executions: of one job these are subtracted, otherwise there is no total.
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
