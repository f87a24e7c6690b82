import { parseJson } from '../../api/json.ts';

/** Converts between multi-line texts and values of the API. */

/** Placeholder for a sealed value: sent back, it keeps the value. */
export const SEALED_TEXT = '(sealed)';

const isSealed = (value: unknown): boolean => typeof value === 'object' && value !== null && 'sealed' in value;

/** Headers, one per line. */
export const printHeaders = (headers: unknown): string =>
  typeof headers === 'object' && headers !== null
    ? Object.entries(headers)
        .map(([name, value]) => `${name}: ${isSealed(value) ? SEALED_TEXT : String(value)}`)
        .join('\n')
    : '';

/** `undefined` if there are none. A line without a colon is a header without a value, which the API rejects. */
export const readHeaders = (text: string): Readonly<Record<string, unknown>> | undefined => {
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  return lines.length === 0 ? undefined : Object.fromEntries(lines.map(headerOf));
};

const headerOf = (line: string): readonly [string, unknown] => {
  const [, name = '', value = ''] = /^([^:]*):?(.*)$/.exec(line) ?? [];
  return [name.trim(), value.trim() === SEALED_TEXT ? { sealed: true } : value.trim()];
};

/** Names and values, one pair per line with a separator; `undefined` if there are none. */
export const readPairs = (text: string, sign: '=' | ':'): Readonly<Record<string, string>> | undefined => {
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  const pairs = lines.map((line) => {
    const [name = '', ...value] = line.split(sign);
    return [name.trim(), value.join(sign).trim()] as const;
  });
  return pairs.length === 0 ? undefined : Object.fromEntries(pairs);
};

/** Labels: `team:blue, stage:test`. */
export const printLabels = (labels: unknown): string =>
  typeof labels === 'object' && labels !== null
    ? Object.entries(labels)
        .map(([key, value]) => `${key}:${String(value)}`)
        .join(', ')
    : '';

export const readLabels = (text: string): Readonly<Record<string, string>> | undefined => {
  const pairs = text.split(',').filter((pair) => pair.trim() !== '');
  return pairs.length === 0
    ? undefined
    : Object.fromEntries(
        pairs.map((pair) => {
          const [key = '', ...value] = pair.split(':');
          return [key.trim(), value.join(':').trim()];
        }),
      );
};

/** Comma-separated names. */
export const printNames = (names: unknown): string => (Array.isArray(names) ? names.join(', ') : '');

const readNames = (text: string): readonly string[] | undefined => {
  const names = text
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');
  return names.length === 0 ? undefined : names;
};

/** Causes of retries: names, and statuses as numbers. */
export const readRetryOn = (text: string): readonly (string | number)[] | undefined =>
  readNames(text)?.map((name) => (/^\d+$/.test(name) ? Number(name) : name));

/** Reads JSON that a user types; `undefined` for no text. @throws if it can't be parsed yet */
export const readBody = (text: string): unknown => {
  if (text.trim() === '') return undefined;
  try {
    return parseJson(text);
  } catch {
    throw new Error('Invalid JSON. Check for a missing quote, comma or bracket.');
  }
};
