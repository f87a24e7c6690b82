import { z } from 'zod';
import { Instant } from '../../domain/values.ts';
import { BadCursor } from './port.ts';

/** The last item of a page of a list that is ordered by (createdAt, id), or by (slot, job): the next page begins after it. */
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
  if (!parsed.success) throw notGivenOut();
  return parsed.data;
};

/** The last name of a page of a list that is ordered by name. */
export const encodeNameCursor = (name: string): string => Buffer.from(name).toString('base64url');

const NAME = /^[\w-]{1,64}$/;

/** @throws BadCursor */
export const decodeNameCursor = (cursor: string): string => {
  const name = Buffer.from(cursor, 'base64url').toString();
  if (!NAME.test(name)) throw notGivenOut();
  return name;
};

const notGivenOut = (): BadCursor => new BadCursor('the cursor is not one that a list gave out');

const parseJson = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};
