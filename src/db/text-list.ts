/**
 * Separates the texts of a list that is sent to Postgres as one text. In an array, every quotation mark of JSON would
 * have to be escaped and unescaped. JSON escapes control characters, so it never contains the separator.
 */
const SEPARATOR = '\u001f';

type Plain = string | number | boolean | null;

/** Returns whether a text can be part of a list. */
export const isListable = (text: string): boolean => !text.includes(SEPARATOR);

/** Joins texts into a parameter. Null becomes an empty text; no other text of a list may be empty. */
export const textList = (texts: readonly Plain[]): string => texts.join(SEPARATOR);

/** Builds the SQL expression that splits such a parameter into a text[]. */
export const fromTextList = (parameter: string): string => `string_to_array(${parameter}::text, chr(31), '')`;

/** Builds an array parameter of values that need no escaping: numbers, booleans, instants. */
export const plainArray = (values: readonly Plain[]): string => `{${values.map((value) => value ?? 'null').join()}}`;

/** Builds an array parameter of any texts. The driver's own conversion scans each text twice. */
export const textArray = (texts: readonly Plain[]): string => `{${texts.map(quoted).join()}}`;

const quoted = (text: Plain): string => {
  if (typeof text !== 'string') return `${text}`;
  return ESCAPED.test(text) ? `"${text.replaceAll(ESCAPED_ALL, '\\$&')}"` : `"${text}"`;
};

const ESCAPED = /["\\]/;
const ESCAPED_ALL = /["\\]/g;
