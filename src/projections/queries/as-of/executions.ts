import { type FragmentSqlToken, sql } from 'slonik';
import { z } from 'zod';
import type { RowReader } from '../../../db/reader.ts';
import { defined } from '../../../domain/defined.ts';
import { toInstant, toMs } from '../../../domain/values.ts';
import type { QueryContext } from '../context.ts';
import { conditionsOf, type ExecutionFilter } from '../executions-filter.ts';
import { type Keyset, keysetOf } from '../keyset.ts';
import { BYTES, EXECUTION_ORDER, placeOfExecution } from '../list-executions.ts';
import { type ListPage, pageColumns, pageRows, type SortedPageRequest, toListPage, walkPage } from '../page.ts';
import { type ExecutionView, executionRecord, executionView } from '../records/executions.ts';
import { instant, isId } from '../row.ts';
import { isOfBound, type Scope, visible } from '../scope.ts';
import { views } from '../views.ts';
import { runsLookup, type StreamReader } from './log-at.ts';

export type ScopeAsOf = Scope & { readonly asOf: string };
export const isAsOf = (scope: Scope): scope is ScopeAsOf => scope.asOf !== undefined;

/** An execution is created by the common clock and recorded by the log's clock, which may be slightly behind. */
const MAX_AHEAD_MS = 300_000;
/** Rows recorded up to an instant were created no later than this. */
export const createdUpTo = (asOf: string): FragmentSqlToken =>
  sql.fragment`${toInstant(toMs(asOf) + MAX_AHEAD_MS)}::timestamptz`;

export const RowAsOf = executionRecord.row.extend({ lastRecordedAt: instant });
export const columnsAsOf = sql.fragment`${executionRecord.selected}, execution.last_recorded_at AS "lastRecordedAt"`;
const ListedRow = RowAsOf.extend(pageColumns);
type RowAsOf = z.infer<typeof RowAsOf>;

/** Converts rows to past executions: a row that was written later is rebuilt from the events before. */
export const statesAt = (store: StreamReader, asOf: string): ((row: RowAsOf) => Promise<ExecutionView | undefined>) => {
  const runsOf = runsLookup(store, toMs(asOf));
  return async (row) => {
    if (row.lastRecordedAt <= asOf) return executionView(row);
    const change = (await runsOf(row.jobId))?.open.get(row.id);
    return change && executionView(change);
  };
};

export const getExecutionAsOf = async (
  { readerFor, store }: QueryContext,
  scope: ScopeAsOf,
  executionId: number,
): Promise<ExecutionView | undefined> => {
  if (!isId(executionId)) return undefined;
  const row = await readerFor(scope).maybeOne(sql.type(RowAsOf)`
    SELECT ${columnsAsOf}
    FROM ${views.executions} AS execution JOIN ${visible(scope)} USING (tenant)
    WHERE execution.id = ${executionId} AND execution.first_recorded_at <= ${scope.asOf}::timestamptz`);
  return row === null ? undefined : statesAt(store, scope.asOf)(row);
};

/** Newest first unless the order is given. Without a total. @throws BadCursor */
export const listExecutionsAsOf = async (
  { reader, store }: { readonly reader: RowReader; readonly store: StreamReader },
  scope: ScopeAsOf,
  filter: ExecutionFilter,
  { limit, cursor, order = 'newest first' }: SortedPageRequest,
): Promise<ListPage<ExecutionView>> => {
  if (![filter.jobId, filter.applicationId, filter.backfillId].every((id) => isId(id ?? 0))) return { items: [] };
  const keyset = keysetOf(EXECUTION_ORDER, { cursor, isDescending: order === 'newest first', isTwoWay: true });
  const stateAt = statesAt(store, scope.asOf);
  const earliest = await earliestOpen(reader, scope);
  const { items, found } = await walkPage<RowAsOf & { found: number }, ExecutionView>({
    limit,
    rowsAtOnce: limit,
    after: keyset.place,
    rowsAfter: (place) => reader.any(pageQuery(scope, filter, { limit, keyset: keyset.from(place), earliest })),
    itemsOf: async function* (rows) {
      for (const row of rows) {
        const view = await stateAt(row);
        if (view !== undefined && (filter.status?.includes(view.status) ?? true)) yield view;
      }
    },
    placeOfRow: placeOfExecution,
  });
  return toListPage(items, { limit, keyset, placeOf: placeOfExecution, item: (view) => view, found });
};

/** Creation time of the oldest execution that ended after the instant; `undefined` if none did. */
export const earliestOpen = async (reader: RowReader, scope: ScopeAsOf): Promise<string | undefined> => {
  const row = await reader.one(sql.type(EarliestRow)`
    SELECT min(earliest) AS earliest FROM ${views.executionEnds} JOIN ${visible(scope)} USING (tenant)
    WHERE minute >= date_trunc('minute', ${scope.asOf}::timestamptz, 'UTC')`);
  return row.earliest ?? undefined;
};
const EarliestRow = z.object({ earliest: instant.nullable() });

type PageQuery = { readonly limit: number; readonly keyset: Keyset; readonly earliest: string | undefined };

const pageQuery = (scope: ScopeAsOf, filter: ExecutionFilter, { limit, keyset, earliest }: PageQuery) => {
  const at = sql.fragment`${scope.asOf}::timestamptz`;
  const { status: _, errorCode: __, errorText: ___, ...lasting } = filter;
  const where = [
    sql.fragment`listed.tenant = visible.tenant AND listed.created_at <= ${createdUpTo(scope.asOf)}`,
    sql.fragment`listed.first_recorded_at <= ${at}`,
    ...conditionsOf(lasting),
    isOfBound(scope, sql.fragment`listed`),
  ];
  const from = sql.fragment`${views.executions} AS listed`;
  const parts = partsOf(filter, { at, earliest }).map((condition) => ({
    select: sql.fragment`listed.*`,
    from,
    orderedBy: 'listed',
    where: [...where, condition],
  }));
  return sql.type(ListedRow)`
    SELECT execution.found, ${columnsAsOf}
    FROM (${pageRows({ scope, keyset, limit, parts, bytes: BYTES })}) AS execution
    ORDER BY ${keyset.order('execution')}`;
};

const OPEN = ['pending', 'running'] as const;
const isOpen = (status: string): boolean => OPEN.some((open) => open === status);

/**
 * Conditions: each row meets exactly one. Rows last written up to the instant contain their past state; others were
 * open then, so they are searched among open executions and those that ended later.
 */
const partsOf = (
  { status, errorCode, errorText }: ExecutionFilter,
  { at, earliest }: { readonly at: FragmentSqlToken; readonly earliest: string | undefined },
): FragmentSqlToken[] => {
  const hasError = errorCode !== undefined || errorText !== undefined;
  if (status === undefined && !hasError) return [sql.fragment`TRUE`];
  const settled = [
    sql.fragment`listed.last_recorded_at <= ${at}`,
    ...conditionsOf(defined({ status, errorCode, errorText })),
  ];
  const parts = [sql.fragment`${sql.join(settled, sql.fragment` AND `)}`];
  if (hasError || !(status?.some(isOpen) ?? true)) return parts;
  const later = sql.fragment`listed.last_recorded_at > ${at}`;
  return [
    ...parts,
    sql.fragment`${later} AND listed.is_open`,
    ...(earliest === undefined
      ? []
      : [
          sql.fragment`${later} AND NOT listed.is_open
            AND listed.created_at >= ${earliest}::timestamptz`,
        ]),
  ];
};
