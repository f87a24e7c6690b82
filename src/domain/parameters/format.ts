import { ParameterRefused } from './refused.ts';
import type { ZonedTime } from './zoned-time.ts';

type Render = (time: ZonedTime) => string;
/** A text to copy as it is, or a field of the time. */
export type FormatPiece = string | Render;

const MINUTE_MS = 60_000;
const padded = (value: number, width: number): string => String(value).padStart(width, '0');

const offset = ({ offsetMs }: ZonedTime): string => {
  const minutes = Math.trunc(Math.abs(offsetMs) / MINUTE_MS);
  return `${offsetMs < 0 ? '-' : '+'}${padded(Math.trunc(minutes / 60), 2)}:${padded(minutes % 60, 2)}`;
};

const FIELDS: ReadonlyMap<string, Render> = new Map<string, Render>([
  ['YYYY', ({ wall }) => padded(wall.getUTCFullYear(), 4)],
  ['YY', ({ wall }) => padded(wall.getUTCFullYear() % 100, 2)],
  ['MM', ({ wall }) => padded(wall.getUTCMonth() + 1, 2)],
  ['M', ({ wall }) => String(wall.getUTCMonth() + 1)],
  ['DD', ({ wall }) => padded(wall.getUTCDate(), 2)],
  ['D', ({ wall }) => String(wall.getUTCDate())],
  ['HH', ({ wall }) => padded(wall.getUTCHours(), 2)],
  ['H', ({ wall }) => String(wall.getUTCHours())],
  ['mm', ({ wall }) => padded(wall.getUTCMinutes(), 2)],
  ['m', ({ wall }) => String(wall.getUTCMinutes())],
  ['ss', ({ wall }) => padded(wall.getUTCSeconds(), 2)],
  ['s', ({ wall }) => String(wall.getUTCSeconds())],
  ['SSS', ({ wall }) => padded(wall.getUTCMilliseconds(), 3)],
  ['Z', offset],
  ['X', ({ epochMs }) => String(Math.floor(epochMs / 1_000))],
  ['x', ({ epochMs }) => String(epochMs)],
]);
const FIELD_LIST = [...FIELDS.keys()].join(', ');

// A bracketed literal, a run of one letter, or any other character.
const PIECE = /\[([^\]]*)\]|([A-Za-z])\2*|[\s\S]/g;

/** The field that was most likely meant: `DD` for `dd`, `SSS` for `sss`. */
const likelyField = (run: string): string | undefined =>
  [...FIELDS.keys()].find((field) => field.toLowerCase() === run.toLowerCase());

const refuseLetters = (run: string, expression: string): ParameterRefused => {
  const meant = likelyField(run);
  const advice = meant === undefined ? '.' : `; did you mean ${meant}?`;
  return new ParameterRefused(
    expression,
    `${run} is no field of a format (${FIELD_LIST})${advice} To keep it as text, write [${run}]`,
  );
};

/**
 * Reads a format from left to right. A run of one letter must be a field: slips such as `yyyy` and `dd` are refused,
 * since otherwise the target would get these very letters. Other text goes in square brackets. Signs, digits and blanks
 * need no brackets, nor does a single `T` between a date and a time.
 * @throws ParameterRefused for an empty format, letters that are not a field, and a bracket that is not closed
 */
export const readFormat = (format: string, expression: string): readonly FormatPiece[] => {
  if (format === '') throw new ParameterRefused(expression, `a format must follow the colon, of ${FIELD_LIST}`);
  const matches = [...format.matchAll(PIECE)];
  const isField = (index: number): boolean => FIELDS.has(matches[index]?.[0] ?? '');
  return matches.map(([piece, bracketed, letter], index): FormatPiece => {
    if (bracketed !== undefined) return bracketed;
    const field = FIELDS.get(piece);
    if (field !== undefined) return field;
    if (piece === 'T' && isField(index - 1) && isField(index + 1)) return piece;
    if (letter !== undefined) throw refuseLetters(piece, expression);
    if (piece === '[') throw new ParameterRefused(expression, 'the [ of the format is not closed by a ]');
    return piece;
  });
};

export const renderFormat = (pieces: readonly FormatPiece[], time: ZonedTime): string => {
  let text = '';
  for (const piece of pieces) text += typeof piece === 'string' ? piece : piece(time);
  return text;
};
