import { boundedCache } from '../bounded-cache.ts';
import { isSealed, type JsonValue } from '../values.ts';

/** Shown in place of a secret value. */
export const MASK = '***';

/** Determines by name whether a header or query parameter holds a secret. */
export type SensitiveNames = {
  header(name: string): boolean;
  /** For a parameter of a query: a few short names (`code`, `pin`) are sensitive there, but not as headers. */
  parameter(name: string): boolean;
};

/** Not sensitive although it ends in `key`: an audit must see which request was repeated. */
const PLAIN = new Set(['idempotency-key']);

/** Makes a name sensitive wherever it occurs in it. */
const PART =
  /secret|passw(?:or)?d|passphrase|credential|api-?key|access-?key|bearer|authorization|session|jwt|assertion/;
/** Makes a name sensitive as one of its words. */
const WORD = /(?:^|-)(?:cookie2?|auth|sid|pwd|otp|sig|signature)(?:-|$)/;
/** Makes a name sensitive at its end. */
const LAST_WORD = /(?:token|(?:^|-)key)$/;
const QUERY_NAMES = new Set(['code', 'pass', 'pin', 'sas', 'ticket']);

/** Makes `accessKey`, `access_key` and `Access-Key` the same name. */
const wordsOf = (name: string): string =>
  name
    .replace(/([a-z0-9])([A-Z])/g, '$1-$2')
    .toLowerCase()
    .replaceAll(/[_.\s]/g, '-');

const isUsual = (words: string): boolean =>
  (PART.test(words) || WORD.test(words) || LAST_WORD.test(words)) && !PLAIN.has(words);

const MAX_JUDGED = 1_000;
const MAX_JUDGED_LENGTH = 100;

/**
 * Recognizes the usual names of secrets (Authorization, cookies, tokens, keys, signatures, sessions and the like) and those
 * added by the operator. Ignores case and whether words are joined by `-`, `_` or a capital letter.
 */
export const createSensitiveNames = (operators: readonly string[] = []): SensitiveNames => {
  const own = new Set(operators.map(wordsOf));
  const judge = (name: string): boolean => {
    const words = wordsOf(name);
    return own.has(words) || isUsual(words);
  };
  /** The same few names occur in each response. */
  const judged = boundedCache(MAX_JUDGED, judge);
  const header = (name: string): boolean => (name.length > MAX_JUDGED_LENGTH ? judge(name) : judged(name));
  return { header, parameter: (name) => header(name) || QUERY_NAMES.has(wordsOf(name)) };
};

/** Shown in place of a sealed value. */
export const SEALED_SHOWN = { sealed: true } as const;

/** A copy of a value in which each sealed value, at any depth, is replaced by `{"sealed": true}`. */
export const maskSealed = (value: unknown): unknown => {
  if (typeof value !== 'object' || value === null) return value;
  if (isSealed(value)) return SEALED_SHOWN;
  if (Array.isArray(value)) return value.map(maskSealed);
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, maskSealed(item)]));
};

/** The shape of a body: the keys, the lengths of lists and null stay; every other value becomes `***`. */
export const shapeOf = (value: JsonValue): JsonValue => {
  switch (typeof value) {
    case 'string':
    case 'number':
    case 'boolean':
      return MASK;
    case 'object':
      if (value === null) return null;
      if (Array.isArray(value)) return value.map(shapeOf);
      return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, shapeOf(item)]));
  }
};

/** Masks the value of every header, so that only the names are recorded. */
export const maskHeaders = (headers: Readonly<Record<string, string>>): Record<string, string> =>
  Object.fromEntries(Object.keys(headers).map((name) => [name, MASK]));

/** Masks the values of sensitive headers. */
export const maskSensitiveHeaders = (
  headers: Readonly<Record<string, string>>,
  names: SensitiveNames,
): Record<string, string> =>
  Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, names.header(name) ? MASK : value]));

export const textsOf = (value: JsonValue): string[] => {
  switch (typeof value) {
    case 'string':
      return [value];
    case 'number':
      return [String(value)];
    case 'boolean':
      return [];
    case 'object':
      return value === null ? [] : Object.values(value).flatMap(textsOf);
  }
};
