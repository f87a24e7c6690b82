import { type FragmentSqlToken, sql } from 'slonik';
import { encodeCursor, type Keyset } from './cursor.ts';
import type { ListPage } from './port.ts';
import { bigint } from './row.ts';

/** What the rows of a page may take together, the last one aside: reading more would hold up everybody else. */
const MAX_PAGE_BYTES = 2 * 1_024 * 1_024;

/** Beside the columns of a row: how many rows there were before their bytes were counted. */
export const pageColumns = { found: bigint };

type ByteLimitInput = {
  /** A query of one row more than the limit. */
  readonly rows: FragmentSqlToken;
  readonly order: FragmentSqlToken;
  /** What a row takes; of a long text that is known without reading it. */
  readonly bytes: FragmentSqlToken;
};

/** A query of the first rows, at least one, that fit together. */
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
  /** How many rows were found, where not all of them are here. */
  readonly found?: number | undefined;
};

/** One row more than the limit was asked for: whether there is a next page. */
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
