import type { ListPage, PageRequest } from './page.ts';

/** So many rows are in memory at a time. */
const PAGE = 100;

/** The items of all pages of a list. */
export async function* allItems<T>(list: (page: PageRequest) => Promise<ListPage<T>>): AsyncGenerator<T> {
  let cursor: string | undefined;
  do {
    const { items, next } = await list({ limit: PAGE, ...(cursor === undefined ? {} : { cursor }) });
    yield* items;
    cursor = next;
  } while (cursor !== undefined);
}
