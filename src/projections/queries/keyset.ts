import { type FragmentSqlToken, sql } from 'slonik';
import { z } from 'zod';
import type { DomainErrorCode } from '../../domain/codes/problem-codes.ts';
import { Instant } from '../../domain/values.ts';
import { parseJsonAs } from '../../runtime/text.ts';
import { storable } from './row.ts';

export class BadCursor extends Error {
  override readonly name = 'BadCursor';
  readonly code = 'BAD_CURSOR' satisfies DomainErrorCode;
}

const MAX_KEY_LENGTH = 500;
const StoredText = z
  .string()
  .max(MAX_KEY_LENGTH)
  .refine((text) => storable(text) === text);

/** Types of keyset columns. */
const KEY_TYPES = {
  timestamptz: { schema: Instant, cast: sql.fragment`timestamptz` },
  bigint: { schema: z.int().nonnegative(), cast: sql.fragment`bigint` },
  text: { schema: StoredText, cast: sql.fragment`text` },
} as const;

/** The columns that a list is ordered by; together they are unique. */
export type KeyColumns = Readonly<Record<string, keyof typeof KEY_TYPES>>;

/** The values of these columns in one row. */
export type Place = readonly (string | number)[];

type CursorPlace = { readonly place: Place; readonly isBack: boolean };

/** Opaque to callers. The page begins after the place, or ends before it on the way back. */
export const encodeCursor = (place: Place, isBack = false): string =>
  Buffer.from(JSON.stringify(isBack ? { before: place } : { after: place })).toString('base64url');

/** @throws BadCursor */
const decodeCursor = (columns: KeyColumns, cursor: string): CursorPlace => {
  const found = parseJsonAs(Cursor, Buffer.from(cursor, 'base64url').toString());
  const isBack = found !== undefined && 'before' in found;
  const place = isBack ? found.before : (found?.after ?? []);
  const types = Object.values(columns);
  const isPlace =
    place.length === types.length &&
    types.every((type, index) => KEY_TYPES[type].schema.safeParse(place[index]).success);
  if (!isPlace) throw new BadCursor('this server did not issue the cursor');
  return { place, isBack };
};

const CursorValues = z.array(z.union([z.string(), z.number()]));
const Cursor = z.union([z.strictObject({ after: CursorValues }), z.strictObject({ before: CursorValues })]);

type KeysetOptions = {
  readonly cursor?: string | undefined;
  /** Replaces a cursor. */
  readonly place?: Place | undefined;
  readonly isDescending?: boolean;
  /** Whether the list can be read both ways. */
  readonly isTwoWay?: boolean;
};

type ReadOrder = {
  readonly place: Place | undefined;
  /** Whether the page ends before its place: then its rows are read in reverse. */
  readonly isBack: boolean;
  readonly isTwoWay: boolean;
  readonly isDescending: boolean;
};

/** Where a page of a list begins, and in which order its rows are read. */
export type Keyset = ReadOrder & {
  /** The ORDER BY expression. */
  order(row: string): FragmentSqlToken;
  /** A condition: the row comes after the place. */
  isBeyond(row: string): FragmentSqlToken;
  /** The same from another place. */
  from(place: Place | undefined): Keyset;
};

/** @throws BadCursor */
export const keysetOf = (columns: KeyColumns, options: KeysetOptions): Keyset => {
  const { cursor, isDescending = false, isTwoWay = false } = options;
  const { place, isBack } =
    cursor === undefined ? { place: options.place, isBack: false } : decodeCursor(columns, cursor);
  if (isBack && !isTwoWay) throw new BadCursor('the list can be read only forwards');
  return toKeyset(columns, { place, isBack, isTwoWay, isDescending: isDescending !== isBack });
};

const toKeyset = (columns: KeyColumns, read: ReadOrder): Keyset => {
  const { place, isDescending } = read;
  const [direction, comesAfter] = isDescending
    ? [sql.fragment`DESC`, sql.fragment`<`]
    : [sql.fragment`ASC`, sql.fragment`>`];
  const namesIn = (row: string) => Object.keys(columns).map((column) => sql.identifier([row, column]));
  return {
    ...read,
    order: (row) => list(namesIn(row).map((name) => sql.fragment`${name} ${direction}`)),
    isBeyond: (row) => {
      const [first, ...others] = namesIn(row);
      if (place === undefined || first === undefined) return sql.fragment`TRUE`;
      const types = Object.values(columns);
      const values = place.map((value, index) => sql.fragment`${value}::${KEY_TYPES[types[index] ?? 'text'].cast}`);
      if (others.length === 0) return sql.fragment`${first} ${comesAfter} ${list(values)}`;
      // The plain condition on the first column excludes partitions, unlike the other one.
      return sql.fragment`${first} ${comesAfter}= ${values[0] ?? sql.fragment``}
        AND (${list(namesIn(row))}) ${comesAfter} (${list(values)})`;
    },
    from: (other) => toKeyset(columns, { ...read, place: other }),
  };
};

const list = (items: readonly (FragmentSqlToken | ReturnType<typeof sql.identifier>)[]) =>
  sql.fragment`${sql.join([...items], sql.fragment`, `)}`;
