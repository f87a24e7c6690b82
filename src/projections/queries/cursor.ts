import { z } from 'zod';
import type { DomainErrorCode } from '../../domain/codes/problem-codes.ts';
import { Instant } from '../../domain/values.ts';
import { parseJsonAs } from '../../runtime/json.ts';
import { storable } from './row.ts';

export class BadCursor extends Error {
  override readonly name = 'BadCursor';
  readonly code = 'BAD_CURSOR' satisfies DomainErrorCode;
}

/** The last item of a page of a list that is ordered by (createdAt, id), or by (slot, job): the next page begins after it. */
export type Keyset = { readonly at: string; readonly id: number };

export const encodeCursor = ({ at, id }: Keyset): string => encode({ at, id });

/** @throws BadCursor */
export const decodeCursor = (cursor: string): Keyset => decode(Cursor, cursor);

const Cursor = z.strictObject({ at: Instant, id: z.int().nonnegative() });

/** The item next to a page of a list that can be read both ways: the page begins after it, or ends before it. */
export type TwoWayPlace = Keyset & { readonly isBack: boolean };

export const encodeBackCursor = ({ at, id }: Keyset): string => encode({ at, id, back: true });

/** @throws BadCursor */
export const decodeTwoWayCursor = (cursor: string): TwoWayPlace => {
  const { at, id, back = false } = decode(TwoWayCursor, cursor);
  return { at, id, isBack: back };
};

const TwoWayCursor = Cursor.extend({ back: z.literal(true).exactOptional() });

/** The last item of a page of a list that is ordered by a text, by code points, and then by id. */
export type KeyPlace = { readonly key: string; readonly id: number };

export const encodeKeyCursor = ({ key, id }: KeyPlace): string => encode({ key, id });

/** @throws BadCursor */
export const decodeKeyCursor = (cursor: string): KeyPlace => decode(KeyCursor, cursor);

const KeyCursor = z.strictObject({
  key: z
    .string()
    .max(500)
    .refine((key) => storable(key) === key),
  id: z.int().nonnegative(),
});

/** The last entry of a page of what is ordered by the log: when it was, and where in the log. */
export type LogPlace = { readonly at: string; readonly position: string };

export const encodePlaceCursor = ({ at, position }: LogPlace): string => encode({ at, position });

/** @throws BadCursor */
export const decodePlaceCursor = (cursor: string): LogPlace => decode(PlaceCursor, cursor);

const PlaceCursor = z.strictObject({ at: Instant, position: z.string().regex(/^\d{1,20}$/) });

/** The last name of a page of a list that is ordered by name. */
export const encodeNameCursor = (name: string): string => Buffer.from(name).toString('base64url');

const NAME = /^[\w-]{1,64}$/;

/** @throws BadCursor */
export const decodeNameCursor = (cursor: string): string => {
  const name = Buffer.from(cursor, 'base64url').toString();
  if (!NAME.test(name)) throw notGivenOut();
  return name;
};

/** The last alert of a page of a list that is ordered by rule and job. */
export type AlertKeyset = { readonly rule: string; readonly jobId: number };

export const encodeAlertCursor = ({ rule, jobId }: AlertKeyset): string => encode({ rule, jobId });

/** @throws BadCursor */
export const decodeAlertCursor = (cursor: string): AlertKeyset => decode(AlertCursor, cursor);

const AlertCursor = z.strictObject({ rule: z.string().regex(NAME), jobId: z.int().nonnegative() });

const encode = (place: object): string => Buffer.from(JSON.stringify(place)).toString('base64url');

const decode = <T>(Place: z.ZodType<T>, cursor: string): T => {
  const place = parseJsonAs(Place, Buffer.from(cursor, 'base64url').toString());
  if (place === undefined) throw notGivenOut();
  return place;
};

const notGivenOut = (): BadCursor => new BadCursor('this server did not issue the cursor');
