import { DomainError, type FieldError, pointerOf } from './domain-error.ts';

/**
 * JSON without rounded integers. JSON.parse silently rounds integers beyond 2^53, such as an id of 19 digits. In users'
 * input they are rejected; a target's response that has them is kept as text.
 */

/** A JSON integer that JSON.parse would round. */
export class RoundedInteger {
  readonly digits: string;
  constructor(digits: string) {
    this.digits = digits;
  }
}

/** Only a long row of digits can be rounded: other texts are parsed at full speed. */
const MAY_ROUND = /\d{16}/;
const INTEGER = /^-?\d+$/;

/** Parses JSON with a `RoundedInteger` for each integer that would be rounded. @throws SyntaxError */
export const parseExactly = (text: string): unknown =>
  MAY_ROUND.test(text)
    ? JSON.parse(text, (_key, value: unknown, context?: { readonly source?: string }) =>
        typeof value === 'number' && isRounded(value, context?.source)
          ? new RoundedInteger(String(context?.source))
          : value,
      )
    : JSON.parse(text);

/** Returns whether JSON.stringify writes the double differently from the source. */
const isRounded = (value: number, source = ''): boolean =>
  !Number.isSafeInteger(value) && Number.isFinite(value) && INTEGER.test(source) && BigInt(source) !== written(value);

/** The integer that JSON writes for a double beyond 2^53: its digits, or `1.5e+21`. */
const written = (value: number): bigint => {
  const [, first, rest = '', power] = /^(-?\d)(?:\.(\d+))?e\+(\d+)$/.exec(String(value)) ?? [];
  return first === undefined
    ? BigInt(String(value))
    : BigInt(first + rest) * 10n ** BigInt(Number(power) - rest.length);
};

/** Returns whether a JSON text has an integer that would be rounded. @throws SyntaxError */
export const roundsNumbers = (text: string): boolean =>
  MAY_ROUND.test(text) && roundedIn(parseExactly(text)).length > 0;

/** Finds the integers in a parsed value that would be rounded, with an error for each. */
export const roundedIn = (value: unknown, path: readonly string[] = []): FieldError[] => {
  if (value instanceof RoundedInteger) return [{ pointer: pointerOf(path), message: roundedMessage(value) }];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, item]) => roundedIn(item, [...path, key]));
};

export const roundedMessage = ({ digits }: RoundedInteger): string =>
  `is a whole number that would be rounded to ${Number(digits)}: send it as a string, or send the whole body as a string`;

/** Maximum nesting of lists and objects in a body. */
export const DEEPEST = 64;

const QUOTE = 0x22;
const COMMA = 0x2c;
const BACKSLASH = 0x5c;
const SPACE = 0x20;
const [OPEN_LIST, CLOSE_LIST, OPEN_OBJECT, CLOSE_OBJECT] = [0x5b, 0x5d, 0x7b, 0x7d];

/**
 * Checks the size of JSON text before it is parsed, because parsed values take many times its bytes. Does not check that the
 * text is JSON.
 * @param most maximum number of values, including lists and objects
 * @throws DomainError BODY_TOO_LARGE; BAD_INPUT if the text is nested too deeply
 */
export const checkJsonSize = (bytes: Uint8Array, most: number): void => {
  // Counts one value, plus one for each comma and each non-empty list or object.
  let values = 1;
  let depth = 0;
  let previous = 0;
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at] ?? 0;
    if (byte <= SPACE) continue;
    const closes = byte === CLOSE_LIST || byte === CLOSE_OBJECT;
    if (!closes && (previous === OPEN_LIST || previous === OPEN_OBJECT)) values += 1;
    switch (byte) {
      case QUOTE:
        at = endOfText(bytes, at);
        break;
      case COMMA:
        values += 1;
        break;
      case OPEN_LIST:
      case OPEN_OBJECT:
        depth += 1;
        if (depth > DEEPEST + 1) throw tooDeep();
        break;
      case CLOSE_LIST:
      case CLOSE_OBJECT:
        depth -= 1;
        break;
    }
    if (values > most) throw new DomainError('BODY_TOO_LARGE', `it has more than ${most} values`);
    previous = byte;
  }
};

/** Index of the closing quote of a string that begins at `start`; without one, the end of the bytes. */
const endOfText = (bytes: Uint8Array, start: number): number => {
  for (let at = start + 1; at < bytes.length; at++) {
    if (bytes[at] === BACKSLASH) at += 1;
    else if (bytes[at] === QUOTE) return at;
  }
  return bytes.length;
};

const tooDeep = (): DomainError => {
  const message = `is nested deeper than ${DEEPEST} levels`;
  return new DomainError('BAD_INPUT', `body: ${message}`, [{ pointer: '', message }]);
};
