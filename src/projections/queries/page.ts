import { encodeCursor, type Keyset } from './cursor.ts';
import type { Page } from './port.ts';

/** One row more than the limit was asked for: whether there is a next page. */
export const pageOf = <Row, Item>(
  rows: readonly Row[],
  of: {
    readonly limit: number;
    readonly keyset: (row: Row) => Keyset;
    readonly item: (row: Row) => Item;
    readonly total: number | undefined;
  },
): Page<Item> => {
  const shown = rows.slice(0, of.limit);
  const last = shown.at(-1);
  return {
    items: shown.map(of.item),
    ...(rows.length > of.limit && last !== undefined ? { next: encodeCursor(of.keyset(last)) } : {}),
    ...(of.total === undefined ? {} : { total: of.total }),
  };
};
