import { type FragmentSqlToken, sql } from 'slonik';
import { encodeCursor, type Keyset } from './cursor.ts';
import type { ListPage } from './port.ts';
import { bigint } from './row.ts';

/** The maximum size of a page without its last row. Reading more would delay other requests. */
export const MAX_PAGE_BYTES = 2 * 1_024 * 1_024;

/** The extra column of a page: how many rows were found before the size limit was applied. */
export const pageColumns = { found: bigint };

type ByteLimitInput = {
  /** A query that returns at most one row more than the page limit. */
  readonly rows: FragmentSqlToken;
  readonly order: FragmentSqlToken;
  /** The size of a row. Postgres knows the length of a long text without reading it. */
  readonly bytes: FragmentSqlToken;
};

/** Builds a query for the first rows that fit in a page together; at least one. */
export const withinBytes = ({ rows, order, bytes }: ByteLimitInput): FragmentSqlToken => sql.fragment`
  SELECT * FROM (
    SELECT row.*, count(*) OVER () AS found, coalesce(
      sum(${bytes}) OVER (ORDER BY ${order} ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0) AS bytes_before
    FROM (${rows}) AS row
  ) AS counted WHERE bytes_before < ${MAX_PAGE_BYTES}`;

type ListPageOptions<Row, Item> = {
  readonly limit: number;
  readonly keyset: (row: Row) => Keyset;
  readonly item: (row: Row) => Item;
  readonly total: number | undefined;
  /** How many rows were found, if the size limit removed some. */
  readonly found?: number | undefined;
};

/**
 * Builds a page from rows that were queried with one more than the limit; the extra row shows that there is a next
 * page.
 */
export const toListPage = <Row, Item>(rows: readonly Row[], paging: ListPageOptions<Row, Item>): ListPage<Item> => {
  const { limit, keyset, item, total, found = rows.length } = paging;
  const shown = rows.slice(0, limit);
  const last = shown.at(-1);
  return {
    items: shown.map(item),
    ...(found > shown.length && last !== undefined ? { next: encodeCursor(keyset(last)) } : {}),
    ...(total === undefined ? {} : { total }),
  };
};
