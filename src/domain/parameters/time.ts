import { zoneOf } from '../schedule/zone.ts';
import { isInstantMs } from '../values.ts';
import { ParameterRejected } from './rejected.ts';

const DAY_MS = 86_400_000;
/** An instant with its wall-clock time in a zone, which the UTC fields of `wall` have. */
export type ZonedTime = { readonly epochMs: number; readonly offsetMs: number; readonly wall: Date };

const offsetMsAt = (timezone: string, epochMs: number): number => zoneOf(timezone)(epochMs).offsetMs;

/** @throws RangeError for an unknown zone */
export const zonedTime = (timezone: string, epochMs: number): ZonedTime => {
  const offsetMs = offsetMsAt(timezone, epochMs);
  return { epochMs, offsetMs, wall: new Date(epochMs + offsetMs) };
};

/** The first instant at which the zone's clock has reached `wallMs`, searched for between `beforeMs` and `afterMs`. */
const passedAt = (timezone: string, wallMs: number, span: { beforeMs: number; afterMs: number }): number => {
  let { beforeMs, afterMs } = span;
  while (afterMs - beforeMs > 1) {
    const middleMs = Math.floor((beforeMs + afterMs) / 2);
    if (middleMs + offsetMsAt(timezone, middleMs) >= wallMs) afterMs = middleMs;
    else beforeMs = middleMs;
  }
  return afterMs;
};

/**
 * The instant at which the zone's clock shows `wallMs`, a wall-clock time given as if it were UTC. If the clock shows
 * it twice, the first instant; if the clock skips it, the end of the gap. Slots at fixed hours follow the same rule.
 */
const instantOfWall = (timezone: string, wallMs: number): number => {
  const earlierMs = offsetMsAt(timezone, wallMs - DAY_MS);
  const laterMs = offsetMsAt(timezone, wallMs + DAY_MS);
  const ahead = Math.max(earlierMs, laterMs);
  const behind = Math.min(earlierMs, laterMs);
  for (const offsetMs of [ahead, behind]) {
    if (offsetMsAt(timezone, wallMs - offsetMs) === offsetMs) return wallMs - offsetMs;
  }
  return passedAt(timezone, wallMs, { beforeMs: wallMs - ahead, afterMs: wallMs - behind });
};

export const UNITS = ['s', 'm', 'h', 'd', 'w', 'M', 'y'] as const;
export type Unit = (typeof UNITS)[number];
/** A distance from the slot. `amount` may be negative. */
export type Shift = { readonly amount: number; readonly unit: Unit };

const ELAPSED_MS = { s: 1_000, m: 60_000, h: 3_600_000 } as const;
const CALENDAR_DAYS = { d: 1, w: 7 } as const;
const CALENDAR_MONTHS = { M: 1, y: 12 } as const;

const addMonths = (wall: Date, months: number): number => {
  const moved = new Date(wall);
  moved.setUTCDate(1);
  moved.setUTCMonth(moved.getUTCMonth() + months);
  const lastDay = new Date(moved);
  lastDay.setUTCMonth(lastDay.getUTCMonth() + 1);
  lastDay.setUTCDate(0);
  moved.setUTCDate(Math.min(wall.getUTCDate(), lastDay.getUTCDate()));
  return moved.getTime();
};

/**
 * Shifts an instant. Seconds, minutes and hours are elapsed time. Days, weeks, months and years are counted on the
 * zone's calendar, at the same time of day; if the month has no such day, its last day is taken. Undefined if the
 * result is outside the years 1 to 9999.
 */
export const shifted = (epochMs: number, shift: Shift, timezone: string): number | undefined => {
  const { amount, unit } = shift;
  if (amount === 0) return epochMs;
  switch (unit) {
    case 's':
    case 'm':
    case 'h':
      return within(epochMs + amount * ELAPSED_MS[unit]);
    case 'd':
    case 'w': {
      const { wall } = zonedTime(timezone, epochMs);
      wall.setUTCDate(wall.getUTCDate() + amount * CALENDAR_DAYS[unit]);
      return instantWithin(timezone, wall.getTime());
    }
    case 'M':
    case 'y': {
      const { wall } = zonedTime(timezone, epochMs);
      return instantWithin(timezone, addMonths(wall, amount * CALENDAR_MONTHS[unit]));
    }
  }
};

const within = (ms: number): number | undefined => (isInstantMs(ms) ? ms : undefined);
const instantWithin = (timezone: string, wallMs: number): number | undefined =>
  isInstantMs(wallMs) ? within(instantOfWall(timezone, wallMs)) : undefined;

type Render = (time: ZonedTime) => string;
/** A text to copy unchanged, or a field of the time. */
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

const rejectLetters = (run: string, expression: string): ParameterRejected => {
  const meant = likelyField(run);
  const advice = meant === undefined ? '.' : `; did you mean ${meant}?`;
  return new ParameterRejected(
    expression,
    `${run} is not a format field (${FIELD_LIST})${advice} To keep it as text, write [${run}]`,
  );
};

/**
 * Reads a format from left to right. A run of one letter must be a field: slips such as `yyyy` and `dd` are rejected,
 * since otherwise the target would get these very letters. Other text goes in square brackets. Signs, digits and blanks
 * need no brackets, nor does a single `T` between a date and a time.
 * @throws ParameterRejected for an empty format, letters that are not a field, and a bracket that is not closed
 */
export const readFormat = (format: string, expression: string): readonly FormatPiece[] => {
  if (format === '')
    throw new ParameterRejected(expression, `a format of these fields must follow the colon: ${FIELD_LIST}`);
  const matches = [...format.matchAll(PIECE)];
  const isField = (index: number): boolean => FIELDS.has(matches[index]?.[0] ?? '');
  return matches.map(([piece, bracketed, letter], index): FormatPiece => {
    if (bracketed !== undefined) return bracketed;
    const field = FIELDS.get(piece);
    if (field !== undefined) return field;
    if (piece === 'T' && isField(index - 1) && isField(index + 1)) return piece;
    if (letter !== undefined) throw rejectLetters(piece, expression);
    if (piece === '[') throw new ParameterRejected(expression, 'the closing ] of the format is missing');
    return piece;
  });
};

export const renderFormat = (pieces: readonly FormatPiece[], time: ZonedTime): string => {
  let text = '';
  for (const piece of pieces) text += typeof piece === 'string' ? piece : piece(time);
  return text;
};
