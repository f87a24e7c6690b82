import { defined, isRecord } from './defined.ts';
import { pointerOf } from './domain-error.ts';
import { isSameSealed, isSealed } from './values.ts';

/** A field that differs; `before` or `after` is absent if the field is. */
export type Difference = {
  /** JSON pointer to the field. */
  readonly pointer: string;
  readonly before?: unknown;
  readonly after?: unknown;
};

/**
 * Compares two JSON values field by field. A list or sealed value counts as one field; sealed values are equal if their
 * fingerprints are.
 */
export const differences = (before: unknown, after: unknown, pointer = ''): Difference[] => {
  if (isSame(before, after)) return [];
  if (hasFields(before) && hasFields(after)) {
    const keys = new Set([...Object.keys(before), ...Object.keys(after)]);
    return [...keys].flatMap((key) => differences(own(before, key), own(after, key), pointer + pointerOf([key])));
  }
  return [{ pointer, ...defined({ before, after }) }];
};

type JsonObject = Readonly<Record<string, unknown>>;

const hasFields = (value: unknown): value is JsonObject => isRecord(value) && !isSealed(value);

/** Reads own fields only: a key such as `constructor` must not find inherited properties. */
const own = (record: JsonObject, key: string): unknown => (Object.hasOwn(record, key) ? record[key] : undefined);

const isSame = (a: unknown, b: unknown): boolean => {
  if (a === b) return true;
  if (isSealed(a) && isSealed(b)) return isSameSealed(a, b);
  if (Array.isArray(a) && Array.isArray(b)) {
    return a.length === b.length && a.every((item, index) => isSame(item, b[index]));
  }
  if (!isRecord(a) || !isRecord(b)) return false;
  const keys = new Set([...Object.keys(a), ...Object.keys(b)]);
  return [...keys].every((key) => isSame(own(a, key), own(b, key)));
};

/** Returns whether an otherwise unchanged resource gets another owner. */
export const changesOwner = (owner: string | undefined, stored: { readonly updatedBy: string } | undefined): boolean =>
  owner !== undefined && stored !== undefined && stored.updatedBy !== owner;
