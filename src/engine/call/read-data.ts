import type { JsonValue } from '../../domain/parameters/index.ts';
import type { Body } from './body-reader.ts';

const JSON_TYPE = /^(?:application|text)\/(?:[\w.!#$&^-]+\+)?json\s*(?:;|$)/i;
const CHARSET = /;\s*charset\s*=\s*"?([\w.:-]+)/i;
/** Deeper JSON is kept as text: what writes it again is recursive. */
const MAX_DEPTH = 200;

const OPENING = new Set(['[', '{']);
const CLOSING = new Set([']', '}']);

/** By counting, since parsing is what it protects: brackets inside strings don't count. */
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
/** Only escapes can bring what `keepable` takes out into parsed JSON. */
const SUSPECT_ESCAPE = /\\u(?:0000|d[89a-f])/i;

const parse = (text: string): JsonValue => {
  const value: JsonValue = JSON.parse(text);
  return SUSPECT_ESCAPE.test(text) ? keepableJson(value) : value;
};

/** The body as a result shows it: parsed where it is JSON by its type and whole, else text; null without a body. */
export const readData = ({ bytes, truncated }: Body, contentType: string | undefined): JsonValue => {
  if (bytes.length === 0) return null;
  const type = contentType ?? '';
  const decoder = decoderFor(type);
  // Of a body that was cut, the beginnings of a last character are left out.
  const text = keepable(truncated ? decoder.decode(bytes, { stream: true }) : decoder.decode(bytes));
  if (truncated) decoder.decode();
  if (truncated || !JSON_TYPE.test(type) || isTooDeep(text)) return text;
  try {
    return parse(text);
  } catch {
    return text;
  }
};
