import { readInterval } from '../interval.ts';
import { clockText } from './clock-words.ts';
import { weekday } from './day-words.ts';
import { counted, nth } from './english.ts';

const UNITS = [
  ['hour', 3_600_000],
  ['minute', 60_000],
  ['second', 1_000],
  ['millisecond', 1],
] as const;

/** Elapsed time: `90 seconds`, `24 hours`. Not in days, which are not all of 24 hours. */
export const durationWords = (ms: number): string => {
  const [unit, unitMs] = UNITS.find(([, each]) => ms % each === 0) ?? ['millisecond', 1];
  return counted(ms / unitMs, unit);
};

/** Whether an interval is of the calendar, so that its slots depend on the zone. */
export const isOfCalendar = (every: string): boolean => readInterval(every).kind !== 'elapsed';

/**
 * `every 90 seconds`, `every second Monday at 09:00`, `on day 15 of every month at 09:00`.
 * @param anchorMs wall-clock time that the interval is counted from
 */
export const intervalWords = (every: string, anchorMs: number): string => {
  const interval = readInterval(every);
  const at = `at ${clockText(anchorMs)}`;
  switch (interval.kind) {
    case 'elapsed':
      return `every ${durationWords(interval.length).replace(/^1 /, '')}`;
    case 'days':
      return interval.length % 7 === 0
        ? `${everyNth(interval.length / 7)}${weekday(new Date(anchorMs).getUTCDay())} ${at}`
        : `${everyNth(interval.length)}day ${at}`;
    case 'months':
      return `on ${dayOfMonthWords(new Date(anchorMs).getUTCDate())} of ${everyNth(interval.length)}month ${at}`;
  }
};

const everyNth = (count: number): string => (count === 1 ? 'every ' : `every ${nth(count)} `);

const SHORTEST_MONTH = 28;
const LONGEST_MONTH = 31;

const dayOfMonthWords = (day: number): string => {
  if (day === LONGEST_MONTH) return 'the last day';
  return day > SHORTEST_MONTH ? `day ${day}, or else the last day,` : `day ${day}`;
};
