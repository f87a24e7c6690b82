import { type FragmentSqlToken, sql } from 'slonik';
import { defined } from '../../domain/defined.ts';
import { encodeBackCursor, encodeCursor, type Keyset, type TwoWayPlace } from './cursor.ts';
import { bigint } from './row.ts';

export type PageRequest = { readonly limit: number; readonly cursor?: string };

/** By the time of creation. */
export type ListOrder = 'oldest first' | 'newest first';

/** A page of a list that can be read in both orders; each list has one for requests that ask for none. */
export type SortedPageRequest = PageRequest & { readonly order?: ListOrder };

export type ListPage<T> = {
  readonly items: readonly T[];
  /** Opaque; absent on the last page. */
  readonly next?: string;
  /** Opaque; absent on the first page, and from lists that are read only forwards. */
  readonly previous?: string;
  /** The exact total; absent if no counter is kept for this filter. */
  readonly total?: number;
};

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
export const limitBytes = ({ rows, order, bytes }: ByteLimitInput): FragmentSqlToken => sql.fragment`
  SELECT * FROM (
    SELECT row.*, count(*) OVER () AS found, coalesce(
      sum(${bytes}) OVER (ORDER BY ${order} ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0) AS bytes_before
    FROM (${rows}) AS row
  ) AS counted WHERE bytes_before < ${MAX_PAGE_BYTES}`;

type ListPageOptions<Row, Item> = {
  readonly limit: number;
  /** Where the page after this row begins. */
  readonly cursorAfter: (row: Row) => string;
  readonly item: (row: Row) => Item;
  readonly total?: number | undefined;
  /** How many rows were found, if the size limit removed some. */
  readonly found?: number | undefined;
};

/**
 * Builds a page from rows that were queried with one more than the limit; the extra row shows that there is a next
 * page.
 */
export const toListPage = <Row, Item>(rows: readonly Row[], paging: ListPageOptions<Row, Item>): ListPage<Item> => {
  const { limit, cursorAfter, item, total, found = rows.length } = paging;
  const shown = rows.slice(0, limit);
  const last = shown.at(-1);
  return defined({
    items: shown.map(item),
    next: found > shown.length && last !== undefined ? cursorAfter(last) : undefined,
    total,
  });
};

type TwoWayPageOptions<Item> = {
  /** Where the page was read from, and which way; undefined for the first page. */
  readonly place: TwoWayPlace | undefined;
  /** Whether there is more that way. */
  readonly hasMore: boolean;
  readonly keyset: (item: Item) => Keyset;
  readonly total?: number | undefined;
};

/** Builds a page from items in the order in which they were read, which is the other way round on the way back. */
export const toTwoWayPage = <Item>(read: readonly Item[], paging: TwoWayPageOptions<Item>): ListPage<Item> => {
  const { place, hasMore, keyset, total } = paging;
  const isBack = place?.isBack === true;
  const items = isBack ? read.toReversed() : read;
  const [first, last] = [items[0], items.at(-1)];
  return defined({
    items,
    next: last !== undefined && (isBack || hasMore) ? encodeCursor(keyset(last)) : undefined,
    previous:
      first !== undefined && (isBack ? hasMore : place !== undefined) ? encodeBackCursor(keyset(first)) : undefined,
    total,
  });
};

/** So many rows are in memory at a time. */
const PAGE = 100;

/** The items of all pages of a list. */
export async function* allItems<T>(list: (page: PageRequest) => Promise<ListPage<T>>): AsyncGenerator<T> {
  let cursor: string | undefined;
  do {
    const { items, next } = await list(defined({ limit: PAGE, cursor }));
    yield* items;
    cursor = next;
  } while (cursor !== undefined);
}
