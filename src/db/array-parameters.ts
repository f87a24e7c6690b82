type Plain = string | number | boolean | null;

/** Builds an array parameter of values that need no escaping: numbers, booleans, instants. */
export const plainArray = (values: readonly Plain[]): string => `{${values.map((value) => value ?? 'null').join()}}`;

const HEADER_BYTES = 20;
const LENGTH_BYTES = 4;
const OID_OF_TEXT = 25;
const NULL = -1;

/**
 * Builds an array parameter of texts in Postgres's binary format. As text, each quotation mark of JSON would be escaped here
 * and unescaped there.
 */
export const textArray = (texts: readonly (string | null)[]): Buffer => {
  let size = HEADER_BYTES;
  for (const text of texts) size += LENGTH_BYTES + (text === null ? 0 : Buffer.byteLength(text));
  const buffer = Buffer.allocUnsafe(size);
  // One dimension, which can have nulls, from index 1.
  let at = 0;
  for (const field of [1, 1, OID_OF_TEXT, texts.length, 1]) at = buffer.writeInt32BE(field, at);
  for (const text of texts) {
    const from = at + LENGTH_BYTES;
    const length = text === null ? NULL : buffer.write(text, from);
    buffer.writeInt32BE(length, at);
    at = from + Math.max(0, length);
  }
  return buffer;
};
