/**
 * Lists of texts go to Postgres as one text with a separator in between: an array would have every quotation mark of
 * its JSON escaped here and unescaped there. JSON writes control characters as escapes, so none holds the separator.
 */
const SEPARATOR = '\u001f';

type Plain = string | number | boolean | null;

/** Whether a text can be part of a list. */
export const isListable = (text: string): boolean => !text.includes(SEPARATOR);

/** As a parameter. What is null is an empty text there, and no text of a list is empty. */
export const textList = (texts: readonly Plain[]): string => texts.join(SEPARATOR);

/** The parameter as an expression of type text[]. */
export const fromTextList = (parameter: string): string => `string_to_array(${parameter}::text, chr(31), '')`;

/** An array as a parameter, of values that need no escaping: numbers, truths, instants. */
export const plainArray = (values: readonly Plain[]): string => `{${values.map((value) => value ?? 'null').join()}}`;

/** An array of any texts as a parameter: the driver's own way looks at each text twice. */
export const textArray = (texts: readonly Plain[]): string => `{${texts.map(quoted).join()}}`;

const quoted = (text: Plain): string => {
  if (typeof text !== 'string') return `${text}`;
  return ESCAPED.test(text) ? `"${text.replaceAll(ESCAPED_ALL, '\\$&')}"` : `"${text}"`;
};

const ESCAPED = /["\\]/;
const ESCAPED_ALL = /["\\]/g;
