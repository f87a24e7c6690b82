/** Texts and values that the service can store: it rejects NUL, half of a surrogate pair, and what JSON would round or drop. */

const MAX_ERROR_LENGTH = 2_000;
const MAX_PROGRESS_BYTES = 4_096;
/** The service's limit, less the levels of the heartbeat around the progress. */
const MAX_DEPTH = 61;

/** The text without what can't be stored, up to this many characters. No character is cut in two. */
export const storable = (text: string, maxLength: number): string => {
  const cut = /[\ud800-\udbff]/.test(text.charAt(maxLength - 1)) ? maxLength - 1 : maxLength;
  return text.slice(0, cut).toWellFormed().replaceAll('\0', '\u2400');
};

/** The message of a failure as it is reported; never empty. */
export const messageOf = (error: unknown): string =>
  storable(textOf(error), MAX_ERROR_LENGTH) || 'The handler failed without a message.';

const textOf = (error: unknown): string => {
  try {
    return error instanceof Error ? error.message || error.name : String(error);
  } catch {
    return 'The handler threw a value that has no text.';
  }
};

/**
 * The progress as JSON values, as they are sent.
 * @throws RangeError if the service could not store it, TypeError if it is no JSON
 */
export const sendableProgress = (progress: unknown): unknown => {
  const text = JSON.stringify(progress) ?? 'null';
  const sizeBytes = Buffer.byteLength(text);
  if (sizeBytes > MAX_PROGRESS_BYTES) {
    throw new RangeError(`Progress must have at most ${MAX_PROGRESS_BYTES} bytes of JSON, but has ${sizeBytes}.`);
  }
  return sendable(JSON.parse(text), 'Progress');
};

/**
 * The JSON value, if the service can store it.
 * @throws RangeError that states why it can't
 */
export const sendable = (value: unknown, what = 'The value'): unknown => {
  const issue = issueOf(value, 0);
  if (issue !== undefined) throw new RangeError(`${what} ${issue}.`);
  return value;
};

/** Why the service would reject a value; undefined if it takes it. */
const issueOf = (value: unknown, depth: number): string | undefined => {
  if (depth > MAX_DEPTH) return `must not be nested deeper than ${MAX_DEPTH} levels`;
  if (typeof value === 'number') {
    const isExact = !Number.isInteger(value) || Number.isSafeInteger(value);
    return isExact ? undefined : 'must not contain an integer that JSON would round';
  }
  if (typeof value === 'string') {
    if (value.includes('\0')) return 'must not contain NUL';
    return value.isWellFormed() ? undefined : 'must not contain half of a surrogate pair';
  }
  if (typeof value !== 'object' || value === null) return undefined;
  for (const [key, item] of Object.entries(value)) {
    if (key === '__proto__') return 'must not contain the key __proto__';
    const issue = issueOf(key, depth) ?? issueOf(item, depth + 1);
    if (issue !== undefined) return issue;
  }
  return undefined;
};

const DELAY = /^(?<count>\d{1,15})(?<unit>ms|s|m|h|d|w)$/;
const UNIT_MS: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
};
const MAX_DELAY_MS = 30 * 86_400_000;

/**
 * A delay in milliseconds, from milliseconds or text such as `5m`.
 * @throws RangeError if it is no delay of up to 30 days
 */
export const delayMsOf = (delay: number | string): number => {
  const { count, unit = '' } = DELAY.exec(String(delay))?.groups ?? {};
  const delayMs = typeof delay === 'number' ? delay : Number(count) * (UNIT_MS[unit] ?? Number.NaN);
  if (Number.isInteger(delayMs) && delayMs >= 0 && delayMs <= MAX_DELAY_MS) return delayMs;
  throw new RangeError(
    `A delay must be milliseconds or text such as "5m", up to 30 days, but is ${JSON.stringify(delay)}.`,
  );
};
