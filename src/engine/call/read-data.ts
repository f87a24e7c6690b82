import { roundsNumbers } from '../../domain/json.ts';
import type { JsonValue } from '../../domain/values.ts';
import type { Body } from './body-reader.ts';

const JSON_TYPE = /^(?:application|text)\/(?:[\w.!#$&^-]+\+)?json\s*(?:;|$)/i;
const CHARSET = /;\s*charset\s*=\s*"?([\w.:-]+)/i;
/** Deeper JSON is kept as text, since the functions that write it are recursive. */
const MAX_DEPTH = 200;

const OPENING = new Set(['[', '{']);
const CLOSING = new Set([']', '}']);

/** Counts brackets outside of strings before anything is parsed. */
const isTooDeep = (text: string): boolean => {
  if (text.length < 2 * MAX_DEPTH) return false;
  let depth = 0;
  let isInString = false;
  for (let index = 0; index < text.length; index += 1) {
    const mark = text.charAt(index);
    if (isInString && mark === '\\') index += 1;
    else if (mark === '"') isInString = !isInString;
    else if (isInString) continue;
    else if (OPENING.has(mark)) depth += 1;
    else if (CLOSING.has(mark)) depth -= 1;
    if (depth > MAX_DEPTH) return true;
  }
  return false;
};

const utf8 = new TextDecoder();

const decoderFor = (type: string) => {
  const charset = CHARSET.exec(type)?.[1];
  if (charset === undefined || charset.toLowerCase() === 'utf-8') return utf8;
  try {
    return new TextDecoder(charset);
  } catch {
    return utf8;
  }
};

/** Text as databases can keep it: no NUL, no half of a surrogate pair. */
const keepable = (text: string): string => text.replaceAll('\0', '\ufffd').toWellFormed();

const keepableJson = (value: JsonValue): JsonValue => {
  if (typeof value === 'string') return keepable(value);
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(keepableJson);
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [keepable(key), keepableJson(item)]));
};
/** Escapes that put into parsed JSON the characters that `keepable` removes. */
const SUSPECT_ESCAPE = /\\u(?:0000|d[89a-f])/i;

const parse = (text: string): JsonValue => {
  const value: JsonValue = JSON.parse(text);
  return SUSPECT_ESCAPE.test(text) ? keepableJson(value) : value;
};

/**
 * Reads a body as a result shows it: parsed if it is whole and JSON by its type, else as text; null if it is empty. JSON
 * with a whole number that would be rounded stays a text, so that it is kept as it came.
 */
export const readData = ({ bytes, truncated }: Body, contentType: string | undefined): JsonValue => {
  if (bytes.length === 0) return null;
  const type = contentType ?? '';
  const decoder = decoderFor(type);
  // If the body was cut inside a character, that character is left out.
  const text = keepable(truncated ? decoder.decode(bytes, { stream: true }) : decoder.decode(bytes));
  if (truncated) decoder.decode();
  if (truncated || !JSON_TYPE.test(type) || isTooDeep(text)) return text;
  try {
    return roundsNumbers(text) ? text : parse(text);
  } catch {
    return text;
  }
};
