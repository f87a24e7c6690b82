import type { JsonValue } from './parameters/index.ts';

/** Stands for a body that a list leaves out; sent back in the place where it was read, it keeps what is stored there. */
export type Omitted = {
  readonly omitted: true;
  /** Of the body as JSON. */
  readonly bytes: number;
};

const MOST_LISTED_BYTES = 4 * 1_024;

/** A body as a list shows it: itself, or how large it is. */
export const omittedWhereLarge = (body: JsonValue): JsonValue => {
  const bytes = Buffer.byteLength(JSON.stringify(body));
  return bytes <= MOST_LISTED_BYTES ? body : ({ omitted: true, bytes } satisfies Omitted);
};

export const isOmitted = (body: unknown): body is Omitted =>
  typeof body === 'object' &&
  body !== null &&
  Object.keys(body).length === 2 &&
  'omitted' in body &&
  body.omitted === true &&
  'bytes' in body &&
  typeof body.bytes === 'number';
