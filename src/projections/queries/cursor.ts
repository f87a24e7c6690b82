import { z } from 'zod';
import { Instant } from '../../domain/values.ts';
import { BadCursor } from './port.ts';

/** The last item of a page. All lists are ordered by (createdAt, id), so the next page begins after it. */
export type Keyset = { readonly at: string; readonly id: number };

const Cursor = z.strictObject({
  at: Instant,
  id: z.int().nonnegative(),
});

export const encodeCursor = ({ at, id }: Keyset): string =>
  Buffer.from(JSON.stringify({ at, id })).toString('base64url');

/** @throws BadCursor */
export const decodeCursor = (cursor: string): Keyset => {
  const parsed = Cursor.safeParse(parseJson(Buffer.from(cursor, 'base64url').toString()));
  if (!parsed.success) throw new BadCursor('the cursor is not one that a list gave out');
  return parsed.data;
};

const parseJson = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};
