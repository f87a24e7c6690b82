import { durationMs } from '../duration.ts';
import type { CalendarShift, RuleFields } from '../events/job-fields.ts';
import { toMs } from '../values.ts';
import { splitPattern } from './cron-pattern.ts';
import { readInterval } from './interval.ts';
import type { ScheduleText } from './schedule-text.ts';
import { capitalised, clockText, counted, dayAndClockText, listed, nth } from './words/english.ts';
import { dayWords, timeWords, weekday } from './words/field-words.ts';
import { zoneOf } from './zone.ts';

/** The fields of a job that determine when it runs. */
type WordedFields = ScheduleText & RuleFields;

/**
 * Describes in English when a job runs, such as `At 09:00, Monday through Friday (Europe/Berlin)` or
 * `Every second Monday at 09:00 (Europe/Madrid), from 2026-01-05 09:00, except holidays`.
 * @throws ScheduleRejected
 */
export const scheduleWords = (fields: WordedFields): string =>
  [capitalised(slotWords(fields)), ...calendarWords(fields), ...limitWords(fields)].join(', ');

/** When the slots are, in the zone and the span of the schedule; `manual` without a schedule. */
const slotWords = (text: ScheduleText): string => {
  const { pattern, schedule, timezone } = text;
  const wallMs = wallReader(timezone);
  const zone = ` (${timezone})`;
  const span = spanWords(text, wallMs);
  if (pattern !== undefined) {
    const fields = splitPattern(pattern);
    return `${timeWords(fields)}${dayWords(fields)}${zone}${span}`;
  }
  if (schedule === undefined) return 'manual';
  if ('at' in schedule) return `once at ${dayAndClockText(wallMs(schedule.at))}${zone}`;
  const words = intervalWords(schedule.every, wallMs(text.startAt ?? text.scheduleSince));
  if (isOfCalendar(schedule.every)) return `${words}${zone}${span}`;
  return span === '' ? words : `${words}${span}${zone}`;
};

const wallReader = (timezone: string): ((instant: string) => number) => {
  const zone = zoneOf(timezone);
  return (instant) => toMs(instant) + zone(toMs(instant)).offsetMs;
};

/** `, from 2026-01-05 09:00 until 2026-12-31 00:00`; '' for a schedule without an end and a beginning. */
const spanWords = ({ startAt, endAt }: ScheduleText, wallMs: (instant: string) => number): string => {
  const ends = [
    ...(startAt === undefined ? [] : [`from ${dayAndClockText(wallMs(startAt))}`]),
    ...(endAt === undefined ? [] : [`until ${dayAndClockText(wallMs(endAt))}`]),
  ];
  return ends.length === 0 ? '' : `, ${ends.join(' ')}`;
};

const calendarWords = ({ calendar: { exclude = [], include = [], shift } = {} }: WordedFields): string[] => [
  ...(include.length === 0 ? [] : [`only on ${listed(include)}`]),
  ...(exclude.length === 0 ? [] : [`except ${listed(exclude)}`]),
  ...(shift === undefined ? [] : [SHIFT_WORDS[shift]]),
];

const SHIFT_WORDS = {
  next: 'instead on the next open day',
  previous: 'instead on the open day before',
} as const satisfies Record<CalendarShift, string>;

const limitWords = ({ jitter = 0, maxRuns }: WordedFields): string[] => [
  ...(durationMs(jitter) === 0 ? [] : [`up to ${durationWords(durationMs(jitter))} later`]),
  ...(maxRuns === undefined ? [] : [`at most ${counted(maxRuns, 'run')}`]),
];

const UNITS = [
  ['hour', 3_600_000],
  ['minute', 60_000],
  ['second', 1_000],
  ['millisecond', 1],
] as const;

/** Elapsed time: `90 seconds`, `24 hours`. Not in days, which are not all of 24 hours. */
const durationWords = (ms: number): string => {
  const [unit, unitMs] = UNITS.find(([, each]) => ms % each === 0) ?? ['millisecond', 1];
  return counted(ms / unitMs, unit);
};

/** Whether an interval is of the calendar, so that its slots depend on the zone. */
const isOfCalendar = (every: string): boolean => readInterval(every).kind !== 'elapsed';

/**
 * `every 90 seconds`, `every second Monday at 09:00`, `on day 15 of every month at 09:00`.
 * @param anchorMs wall-clock time that the interval is counted from
 */
const intervalWords = (every: string, anchorMs: number): string => {
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

const MIN_MONTH = 28;
const MAX_MONTH = 31;

const dayOfMonthWords = (day: number): string => {
  if (day === MAX_MONTH) return 'the last day';
  return day > MIN_MONTH ? `day ${day}, or else the last day,` : `day ${day}`;
};
