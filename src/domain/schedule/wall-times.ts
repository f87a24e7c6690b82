import { daysInMonth } from './cron-field.ts';
import { type CronPattern, highestBit, lowestBit, nextBit, previousBit } from './cron-pattern.ts';
import type { Walls } from './slot-finder.ts';

/*
 * Finds the wall-clock times of a pattern. A wall-clock time is given in milliseconds, as if the wall clock showed UTC.
 * No time zone plays a part here, only the calendar. The search skips whole days and months that do not match.
 */

const DAY_MS = 86_400_000;
const DAY_SECONDS = 86_400;
const THURSDAY = 4;
const ALL_DAYS = 0x7fffffff;
const LENGTHS = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31] as const;

const isLeap = (year: number): boolean => year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
/** The days of a month, 1 to 12. */
export const lengthOf = (year: number, month: number): number =>
  month === 2 && isLeap(year) ? 29 : (LENGTHS[month - 1] ?? 0);
/** Days are counted from 1970-01-01, a Thursday. */
const weekdayOf = (day: number): number => (((day + THURSDAY) % 7) + 7) % 7;

/** The pattern's first time of day at or after `from`, both in seconds after midnight; -1 if there is none. */
const timeFrom = ({ hour, minute, second, firstOfDay }: CronPattern, from: number): number => {
  const h = Math.floor(from / 3_600);
  const m = Math.floor(from / 60) % 60;
  const firstSecond = firstOfDay % 60;
  if (nextBit(hour, h) === h) {
    if (nextBit(minute, m) === m) {
      const s = nextBit(second, from % 60);
      if (s !== -1) return h * 3_600 + m * 60 + s;
    }
    const later = nextBit(minute, m + 1);
    if (later !== -1) return h * 3_600 + later * 60 + firstSecond;
  }
  const later = nextBit(hour, h + 1);
  return later === -1 ? -1 : later * 3_600 + (firstOfDay % 3_600);
};

/** The pattern's last time of day at or before `to`, both in seconds after midnight; -1 if there is none. */
const timeUpTo = ({ hour, minute, second, lastOfDay }: CronPattern, to: number): number => {
  const h = Math.floor(to / 3_600);
  const m = Math.floor(to / 60) % 60;
  if (previousBit(hour, h) === h) {
    if (previousBit(minute, m) === m) {
      const s = previousBit(second, to % 60);
      if (s !== -1) return h * 3_600 + m * 60 + s;
    }
    const earlier = previousBit(minute, m - 1);
    if (earlier !== -1) return h * 3_600 + earlier * 60 + (lastOfDay % 60);
  }
  const earlier = previousBit(hour, h - 1);
  return earlier === -1 ? -1 : earlier * 3_600 + (lastOfDay % 3_600);
};

/** The first wall-clock time of the pattern at or after `fromMs` and before `untilMs`. */
const firstWall = (pattern: CronPattern, fromMs: number, untilMs: number): number | undefined => {
  const seconds = Math.ceil(fromMs / 1_000);
  let day = Math.floor(seconds / DAY_SECONDS);
  const rest = timeFrom(pattern, seconds - day * DAY_SECONDS);
  if (rest === -1) day += 1;
  const date = new Date(day * DAY_MS);
  let year = date.getUTCFullYear();
  let month = date.getUTCMonth() + 1;
  let dayOfMonth = date.getUTCDate();

  for (let first = day - dayOfMonth + 1; first * DAY_MS < untilMs; dayOfMonth = 1) {
    const length = lengthOf(year, month);
    if ((pattern.months & (1 << month)) !== 0) {
      const days = daysInMonth(pattern, { length, firstWeekday: weekdayOf(first) }) & (-1 << (dayOfMonth - 1));
      if (days !== 0) {
        const found = first + lowestBit(days);
        const time = found === day && rest !== -1 ? rest : pattern.firstOfDay;
        const wallMs = (found * DAY_SECONDS + time) * 1_000;
        return wallMs < untilMs ? wallMs : undefined;
      }
    }
    first += length;
    month = month === 12 ? 1 : month + 1;
    if (month === 1) year += 1;
  }
  return undefined;
};

/** The last wall-clock time of the pattern from `fromMs` up to `toMs`, both included. */
const lastWall = (pattern: CronPattern, toMs: number, fromMs: number): number | undefined => {
  const seconds = Math.floor(toMs / 1_000);
  let day = Math.floor(seconds / DAY_SECONDS);
  const rest = timeUpTo(pattern, seconds - day * DAY_SECONDS);
  if (rest === -1) day -= 1;
  const date = new Date(day * DAY_MS);
  let year = date.getUTCFullYear();
  let month = date.getUTCMonth() + 1;
  let dayOfMonth = date.getUTCDate();
  let first = day - dayOfMonth + 1;

  while ((first + dayOfMonth) * DAY_MS > fromMs) {
    if ((pattern.months & (1 << month)) !== 0) {
      const length = lengthOf(year, month);
      const days = daysInMonth(pattern, { length, firstWeekday: weekdayOf(first) }) & (ALL_DAYS >>> (31 - dayOfMonth));
      if (days !== 0) {
        const found = first + highestBit(days);
        const time = found === day && rest !== -1 ? rest : pattern.lastOfDay;
        const wallMs = (found * DAY_SECONDS + time) * 1_000;
        return wallMs >= fromMs ? wallMs : undefined;
      }
    }
    month = month === 1 ? 12 : month - 1;
    if (month === 12) year -= 1;
    dayOfMonth = lengthOf(year, month);
    first -= dayOfMonth;
  }
  return undefined;
};

export const patternWalls = (pattern: CronPattern): Walls => ({
  first: (fromMs, untilMs) => firstWall(pattern, fromMs, untilMs),
  last: (toMs, fromMs) => lastWall(pattern, toMs, fromMs),
});
