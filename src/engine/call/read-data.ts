import { createBrotliDecompress, createGunzip, createInflate, createZstdDecompress } from 'node:zlib';
import { roundsNumbers } from '../../domain/json.ts';
import type { JsonValue } from '../../domain/values.ts';

/** Bytes of a body that are kept. */
const KEPT_BYTES = 65_536;
/**
 * Bytes that are read, most of them discarded: closing earlier could interrupt a target that responds while it works.
 */
const READ_BYTES = 10 * 1_048_576;
/** Compressed bytes that are kept: enough for `KEPT_BYTES` of text even if compression made it longer. */
const KEPT_COMPRESSED_BYTES = 2 * KEPT_BYTES;

export type Body = { readonly bytes: Buffer; readonly truncated: boolean };

export type BodyReader = {
  /** Takes a part of the body. @returns false if no more is to be read */
  take(chunk: Buffer): boolean;
  /** The kept part, decompressed. */
  body(): Body | Promise<Body>;
};

type Decoder = ReturnType<typeof createGunzip>;
const DECODERS: ReadonlyMap<string, () => Decoder> = new Map<string, () => Decoder>([
  ['gzip', createGunzip],
  ['x-gzip', createGunzip],
  ['deflate', createInflate],
  ['br', createBrotliDecompress],
  ['zstd', createZstdDecompress],
]);

/** Decompresses until `KEPT_BYTES` are there, so that a decompression bomb does no harm. */
const decode = (bytes: Buffer, decoder: Decoder): Promise<Body> =>
  new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let length = 0;
    const end = (isWhole: boolean): void => {
      decoder.destroy();
      resolve({ bytes: Buffer.concat(chunks).subarray(0, KEPT_BYTES), truncated: !isWhole || length > KEPT_BYTES });
    };
    decoder.on('data', (chunk: Buffer) => {
      chunks.push(chunk);
      length += chunk.length;
      if (length > KEPT_BYTES) end(false);
    });
    decoder.on('end', () => end(true));
    // The input was cut or is broken: the part decompressed so far is kept.
    decoder.on('error', () => end(false));
    decoder.end(bytes);
  });

const NOTHING: Body = { bytes: Buffer.alloc(0), truncated: false };

/** Makes a reader that keeps a bounded part of a body. @param encoding the response's Content-Encoding */
export const bodyReader = (encoding: string | undefined): BodyReader => {
  const open = encoding === undefined ? undefined : DECODERS.get(encoding.trim().toLowerCase());
  const keptBytes = open === undefined ? KEPT_BYTES : KEPT_COMPRESSED_BYTES;
  const chunks: Buffer[] = [];
  let kept = 0;
  let read = 0;
  return {
    take(chunk) {
      read += chunk.length;
      if (kept < keptBytes) {
        const part = chunk.length > keptBytes - kept ? chunk.subarray(0, keptBytes - kept) : chunk;
        chunks.push(part);
        kept += part.length;
      }
      return read <= READ_BYTES;
    },
    body() {
      const [first] = chunks;
      if (first === undefined) return NOTHING;
      const bytes = chunks.length === 1 ? first : Buffer.concat(chunks);
      const isCut = read > kept;
      if (open === undefined) return { bytes, truncated: isCut };
      return decode(bytes, open()).then((body) => (isCut ? { ...body, truncated: true } : body));
    },
  };
};

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
