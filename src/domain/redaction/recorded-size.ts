import type { HttpJobSnapshot, WorkerJobSnapshot } from '../events/index.ts';
import type { JsonValue } from '../values.ts';

/**
 * Limits for the response's data and the parts of the snapshot, in bytes of JSON. With them, the event of an outcome always
 * fits into one append (1 MiB) and one Kafka message (900 KiB).
 */
export const MAX_DATA_BYTES = 256 * 1_024;
const MAX_URL_BYTES = 16 * 1_024;
const MAX_HEADERS_BYTES = 64 * 1_024;
const MAX_BODY_BYTES = 64 * 1_024;
const MAX_PARAMETERS_BYTES = 64 * 1_024;
const MAX_MESSAGE_CHARACTERS = 2_000;

const jsonBytes = (value: unknown): number => Buffer.byteLength(JSON.stringify(value));

type Data = { readonly data: JsonValue; readonly truncated: boolean };

/** Data, or the beginning of its text if it is too large. */
export const dataWithinSize = (given: Data): Data => {
  // A character takes at most six bytes in JSON, so a short text fits without being measured.
  if (typeof given.data === 'string' && given.data.length * 6 <= MAX_DATA_BYTES) return given;
  if (jsonBytes(given.data) <= MAX_DATA_BYTES) return given;
  const text = typeof given.data === 'string' ? given.data : JSON.stringify(given.data);
  return { data: textWithinSize(text, MAX_DATA_BYTES), truncated: true };
};

/** The longest beginning of a text that takes at most `mostBytes` as JSON, found by binary search. */
const textWithinSize = (text: string, mostBytes: number): string => {
  let fits = 0;
  let exceeds = text.length + 1;
  while (exceeds - fits > 1) {
    const length = Math.floor((fits + exceeds) / 2);
    if (jsonBytes(text.slice(0, length)) <= mostBytes) fits = length;
    else exceeds = length;
  }
  return text.slice(0, fits).toWellFormed();
};

/** Cuts a message off after 2,000 characters. */
export const messageWithinSize = (message: string): string =>
  message.length <= MAX_MESSAGE_CHARACTERS
    ? message
    : `${message.slice(0, MAX_MESSAGE_CHARACTERS).toWellFormed()}… (${message.length} characters)`;

/** A snapshot in which parts that are too large are replaced by a note of the omission. */
export const httpSnapshotWithinSize = (snapshot: HttpJobSnapshot): HttpJobSnapshot => {
  if (jsonBytes(snapshot) <= MAX_BODY_BYTES) return snapshot;
  const { url, headers, body, resolvedParameters, ...rest } = snapshot;
  const keptHeaders = firstWithin(Object.entries(headers), MAX_HEADERS_BYTES);
  const keptParameters = firstWithin(resolvedParameters, MAX_PARAMETERS_BYTES);
  const omitted = {
    headers: Object.keys(headers).length - keptHeaders.length,
    resolvedParameters: resolvedParameters.length - keptParameters.length,
  };
  return {
    ...rest,
    url: jsonBytes(url) <= MAX_URL_BYTES ? url : `${textWithinSize(url, MAX_URL_BYTES)}…`,
    headers: Object.fromEntries(keptHeaders),
    ...(body === undefined ? {} : { body: jsonWithinSize(body) }),
    resolvedParameters: keptParameters,
    ...(omitted.headers + omitted.resolvedParameters === 0 ? {} : { omitted }),
  };
};

/** The same for the work of a queue. */
export const workerSnapshotWithinSize = (snapshot: WorkerJobSnapshot): WorkerJobSnapshot => {
  if (jsonBytes(snapshot) <= MAX_BODY_BYTES) return snapshot;
  const { input, resolvedParameters, ...rest } = snapshot;
  const kept = firstWithin(resolvedParameters, MAX_PARAMETERS_BYTES);
  const omitted = resolvedParameters.length - kept.length;
  return {
    ...rest,
    ...(input === undefined ? {} : { input: jsonWithinSize(input) }),
    resolvedParameters: kept,
    ...(omitted === 0 ? {} : { omitted: { resolvedParameters: omitted } }),
  };
};

const jsonWithinSize = (body: JsonValue): JsonValue => {
  const bytes = jsonBytes(body);
  return bytes <= MAX_BODY_BYTES ? body : { omitted: true, bytes };
};

/** The longest prefix of items that takes at most `mostBytes` as JSON. */
const firstWithin = <T>(items: readonly T[], mostBytes: number): T[] => {
  let left = mostBytes;
  const end = items.findIndex((item) => {
    left -= jsonBytes(item) + 1;
    return left < 0;
  });
  return items.slice(0, end === -1 ? items.length : end);
};
