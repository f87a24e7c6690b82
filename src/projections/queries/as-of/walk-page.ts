import type { Keyset } from '../cursor.ts';

type Walk<Row extends { readonly found: number }, Item> = {
  readonly limit: number;
  /** Where the page begins: after this place. */
  readonly after: Keyset | undefined;
  /** How many rows are asked for at once: more than the limit where few of them may be wanted. */
  readonly rowsAtOnce: number;
  /** The next rows, by the time of creation, at most one more than are asked for; `found` counts those that did not fit too. */
  readonly rowsAfter: (place: Keyset | undefined) => Promise<readonly Row[]>;
  /** What rows stand for, in their order. Rows that are not wanted, or were not there at the instant, stand for nothing. */
  readonly itemsOf: (rows: readonly Row[]) => AsyncIterable<Item>;
  readonly placeOfRow: (row: Row) => Keyset;
  readonly placeOfItem: (item: Item) => Keyset;
};

/** Items, and the place of the last row that was read for them, where there may be more. */
type Walked<Item> = { readonly items: readonly Item[]; readonly moreAfter?: Keyset };

/** Fills a page of which it is known only row by row what belongs to it: it reads on until the page is full. */
export const walkPage = async <Row extends { readonly found: number }, Item>(
  walk: Walk<Row, Item>,
): Promise<Walked<Item>> => {
  const { limit, rowsAtOnce } = walk;
  const items: Item[] = [];
  let place = walk.after;
  for (;;) {
    const rows = await walk.rowsAfter(place);
    for await (const item of walk.itemsOf(rows)) {
      const last = items.at(-1);
      if (items.length === limit && last !== undefined) return { items, moreAfter: walk.placeOfItem(last) };
      items.push(item);
    }
    const lastRow = rows.at(-1);
    const found = rows[0]?.found ?? 0;
    if (lastRow === undefined || (found <= rowsAtOnce && found === rows.length)) return { items };
    place = walk.placeOfRow(lastRow);
    // The rest did not fit in a page.
    if (found > rows.length && items.length > 0) return { items, moreAfter: place };
  }
};
