import { type FieldError, pointerOf } from './refusal.ts';

/**
 * JSON whose whole numbers stay what they are. A double holds whole numbers up to 2^53 and only some beyond: JSON.parse
 * rounds the others, such as an id of 19 digits, and says nothing. What users define is refused then, and what a target
 * answers is kept as its text.
 */

/** Stands for a whole number of a JSON text that would be rounded. */
export class RoundedInteger {
  readonly digits: string;
  constructor(digits: string) {
    this.digits = digits;
  }
}

/** Only a long row of digits can be a number that is rounded: a text without one is parsed at full speed. */
const MAY_ROUND = /\d{16}/;
const INTEGER = /^-?\d+$/;

/** Parses JSON; in the place of each whole number that would be rounded is a `RoundedInteger`. @throws SyntaxError */
export const parseExactly = (text: string): unknown =>
  MAY_ROUND.test(text)
    ? JSON.parse(text, (_key, value: unknown, context?: { readonly source?: string }) =>
        typeof value === 'number' && isRounded(value, context?.source)
          ? new RoundedInteger(String(context?.source))
          : value,
      )
    : JSON.parse(text);

/** Whether the number that JSON.stringify writes of a double is another one than was read. */
const isRounded = (value: number, source = ''): boolean =>
  !Number.isSafeInteger(value) && Number.isFinite(value) && INTEGER.test(source) && BigInt(source) !== written(value);

/** The whole number that JSON has for a double beyond 2^53: its digits, or `1.5e+21`. */
const written = (value: number): bigint => {
  const [, first, rest = '', power] = /^(-?\d)(?:\.(\d+))?e\+(\d+)$/.exec(String(value)) ?? [];
  return first === undefined
    ? BigInt(String(value))
    : BigInt(first + rest) * 10n ** BigInt(Number(power) - rest.length);
};

/** Whether a JSON text has a whole number that would be rounded. @throws SyntaxError */
export const roundsNumbers = (text: string): boolean =>
  MAY_ROUND.test(text) && roundedIn(parseExactly(text)).length > 0;

/** Where in a parsed value the whole numbers are that would be rounded, and why each is refused. */
export const roundedIn = (value: unknown, path: readonly string[] = []): FieldError[] => {
  if (value instanceof RoundedInteger) return [{ pointer: pointerOf(path), message: roundedMessage(value) }];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, item]) => roundedIn(item, [...path, key]));
};

/** Why such a number is refused, and what to do. */
export const roundedMessage = ({ digits }: RoundedInteger): string =>
  `is a whole number that would be rounded to ${Number(digits)}: write it as a text, or give the whole body as a text`;
