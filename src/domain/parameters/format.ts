import { ParameterRefused } from './refused.ts';
import type { ZonedTime } from './zoned-time.ts';

type Render = (time: ZonedTime) => string;
/** Text that stands for itself, or a field of the time. */
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
const FIELD_LETTERS = new Set([...FIELDS.keys()].map((token) => token.charAt(0)));
const FIELD_LIST = [...FIELDS.keys()].join(', ');

// A bracketed literal, a run of one letter, or any other character.
const PIECE = /\[([^\]]*)\]|([A-Za-z])\2*|[\s\S]/g;

/**
 * Reads a format once, left to right. A run of one letter that is a field is that field; a run of a field's letter
 * that is none (`MMM`) is refused, since text is hardly what was meant; every other character, and all that stands in
 * square brackets, is text. So is the `T` of `YYYY-MM-DDTHH:mm:ss`.
 * @throws ParameterRefused for an empty format, a run that is no field, and a bracket left open
 */
export const readFormat = (format: string, expression: string): readonly FormatPiece[] => {
  if (format === '') throw new ParameterRefused(expression, `a format must follow the colon, of ${FIELD_LIST}`);
  return [...format.matchAll(PIECE)].map(([piece, bracketed]): FormatPiece => {
    if (bracketed !== undefined) return bracketed;
    const field = FIELDS.get(piece);
    if (field !== undefined) return field;
    if (FIELD_LETTERS.has(piece.charAt(0))) {
      throw new ParameterRefused(expression, `${piece} is no field of a format (${FIELD_LIST}); [${piece}] is text`);
    }
    if (piece === '[') throw new ParameterRefused(expression, 'the [ of the format is not closed by a ]');
    return piece;
  });
};

export const renderFormat = (pieces: readonly FormatPiece[], time: ZonedTime): string => {
  let text = '';
  for (const piece of pieces) text += typeof piece === 'string' ? piece : piece(time);
  return text;
};
