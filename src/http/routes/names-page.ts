import { z } from 'zod';
import { BadCursor, type ListPage, type PageRequest } from '../../projections/queries/port.ts';
import { pageQuery } from '../pages.ts';

export const NamesQuery = z.strictObject(pageQuery);

const NAME = /^[A-Za-z_][A-Za-z0-9_]{0,63}$/;

/**
 * Cuts a page out of a list that is complete and sorted by name. The cursor is the last name of the previous page.
 * @throws BadCursor
 */
export const namesPage = <T extends { readonly name: string }>(
  items: readonly T[],
  { limit, cursor }: PageRequest,
): ListPage<T> => {
  const after = cursor === undefined ? '' : nameOf(cursor);
  const rest = items.filter(({ name }) => name > after);
  const shown = rest.slice(0, limit);
  const last = shown.at(-1);
  return {
    items: shown,
    total: items.length,
    ...(rest.length > limit && last !== undefined ? { next: Buffer.from(last.name).toString('base64url') } : {}),
  };
};

const nameOf = (cursor: string): string => {
  const name = Buffer.from(cursor, 'base64url').toString();
  if (NAME.test(name)) return name;
  throw new BadCursor('the cursor is not one that a list gave out');
};
