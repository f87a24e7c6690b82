import { z } from 'zod';
import { decodeNameCursor, encodeNameCursor } from '../../projections/queries/cursor.ts';
import type { ListPage, PageRequest } from '../../projections/queries/port/pages.ts';
import { pageQuery } from '../pages.ts';

export const NamesQuery = z.strictObject(pageQuery);

/**
 * Cuts a page out of a list that is complete and sorted by name. The cursor is the last name of the previous page.
 * @throws BadCursor
 */
export const namesPage = <T extends { readonly name: string }>(
  items: readonly T[],
  { limit, cursor }: PageRequest,
): ListPage<T> => {
  const after = cursor === undefined ? '' : decodeNameCursor(cursor);
  const rest = items.filter(({ name }) => name > after);
  const shown = rest.slice(0, limit);
  const last = shown.at(-1);
  return {
    items: shown,
    total: items.length,
    ...(rest.length > limit && last !== undefined ? { next: encodeNameCursor(last.name) } : {}),
  };
};
