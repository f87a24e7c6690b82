import { type FragmentSqlToken, sql } from 'slonik';
import { defined } from '../../domain/defined.ts';
import { encodeCursor, type Keyset, type Place } from './keyset.ts';
import { bigint } from './row.ts';
import { type Scope, visible } from './scope.ts';

export type PageRequest = { readonly limit: number; readonly cursor?: string };

/** By the time of creation. */
export type ListOrder = 'oldest first' | 'newest first';

/** A page of a list that can be read in both orders; each list has a default. */
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

type PageSearch = {
  readonly scope: Scope;
  readonly keyset: Keyset;
  readonly limit: number;
  /** The parts of the list: each row is in one of them, and an index has each in the list's order. */
  readonly parts: readonly PagePart[];
  /** FROM items beside the tenants: each part is read once for each of their rows. */
  readonly beside?: FragmentSqlToken;
  /** The size of a row. Postgres knows the length of a long text without reading it. */
  readonly bytes: FragmentSqlToken;
};

type PagePart = {
  readonly select: FragmentSqlToken;
  readonly from: FragmentSqlToken;
  /** The name of the FROM item with the columns that the list is ordered by. */
  readonly orderedBy: string;
  readonly where: readonly FragmentSqlToken[];
};

/**
 * Builds a query for the rows of a page, plus one that shows whether there is a next page. The rows of each tenant come from
 * an index. Rows beyond the size limit are omitted; `found` counts them.
 */
export const pageRows = ({ scope, keyset, limit, parts, beside, bytes }: PageSearch): FragmentSqlToken => {
  const first = sql.fragment`LIMIT ${limit + 1}`;
  const queries = parts.map(
    ({ select, from, orderedBy, where }) => sql.fragment`
      (SELECT ${select} FROM ${from} WHERE ${allOf([...where, keyset.isBeyond(orderedBy)])}
       ORDER BY ${keyset.order(orderedBy)} ${first})`,
  );
  const rows = sql.fragment`
    SELECT part.* FROM ${visible(scope)} ${beside ?? sql.fragment``}
    CROSS JOIN LATERAL (${sql.join(queries, sql.fragment` UNION ALL `)}) AS part
    ORDER BY ${keyset.order('part')} ${first}`;
  return limitBytes({ rows, order: keyset.order('row'), bytes });
};

export const allOf = (conditions: readonly FragmentSqlToken[]): FragmentSqlToken =>
  conditions.length === 0 ? sql.fragment`TRUE` : sql.fragment`${sql.join([...conditions], sql.fragment` AND `)}`;

type ListPageOptions<Row, Item> = {
  readonly limit: number;
  readonly keyset: Keyset;
  readonly placeOf: (row: Row) => Place;
  readonly item: (row: Row) => Item;
  readonly total?: number | undefined;
  /** How many rows were found, if the size limit removed some. */
  readonly found?: number | undefined;
};

/**
 * Builds a page from rows in the order in which they were read. They were queried with one more than the limit; the extra
 * row shows that there are more.
 */
export const toListPage = <Row, Item>(rows: readonly Row[], options: ListPageOptions<Row, Item>): ListPage<Item> => {
  const { limit, keyset, placeOf, item, total, found = rows.length } = options;
  const read = rows.slice(0, limit);
  const hasMore = found > read.length;
  const { isBack } = keyset;
  const shown = isBack ? read.toReversed() : read;
  const [first, last] = [shown[0], shown.at(-1)];
  const hasPrevious = keyset.isTwoWay && (isBack ? hasMore : keyset.place !== undefined);
  return defined({
    items: shown.map(item),
    next: last !== undefined && (isBack || hasMore) ? encodeCursor(placeOf(last)) : undefined,
    previous: first !== undefined && hasPrevious ? encodeCursor(placeOf(first), true) : undefined,
    total,
  });
};

type Walk<Row extends { readonly found: number }, Item> = {
  readonly limit: number;
  /** The page begins after this place. */
  readonly after: Place | undefined;
  /** Number of rows to request together: more than the limit if few may match. */
  readonly rowsAtOnce: number;
  /** The next rows in order, at most one more than `rowsAtOnce`; `found` also counts those that did not fit. */
  readonly rowsAfter: (place: Place | undefined) => Promise<readonly Row[]>;
  /** The items of rows, in order. Rows that do not match, or did not exist at the instant, have none. */
  readonly itemsOf: (rows: readonly Row[]) => AsyncIterable<Item>;
  readonly placeOfRow: (row: Row) => Place;
};

/** Items; `found` exceeds their number if there may be more. */
type WalkResult<Item> = { readonly items: readonly Item[]; readonly found: number };

/** Fills a page whose rows can only be checked one by one: reads until the page is full. */
export const walkPage = async <Row extends { readonly found: number }, Item>(
  walk: Walk<Row, Item>,
): Promise<WalkResult<Item>> => {
  const { limit, rowsAtOnce } = walk;
  const items: Item[] = [];
  let place = walk.after;
  for (;;) {
    const rows = await walk.rowsAfter(place);
    for await (const item of walk.itemsOf(rows)) {
      if (items.length === limit) return { items, found: limit + 1 };
      items.push(item);
    }
    const lastRow = rows.at(-1);
    const found = rows[0]?.found ?? 0;
    if (lastRow === undefined || (found <= rowsAtOnce && found === rows.length)) return { items, found: items.length };
    place = walk.placeOfRow(lastRow);
    // The rest did not fit in a page.
    if (found > rows.length && items.length > 0) return { items, found: items.length + 1 };
  }
};

/** Maximum rows in memory. */
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
