import { durationMs } from '../duration.ts';
import type { CalendarShift, RuleFields } from '../events/job-events.ts';
import { toMs } from '../values.ts';
import { type DayRule, dayRule, type FieldName, itemValues, type RuledField } from './cron-field.ts';
import { splitPattern } from './cron-pattern.ts';
import { readInterval } from './interval.ts';
import type { ScheduleText } from './schedule-text.ts';
import { zoneOf } from './zone.ts';

/** `a`, `a and b`, `a, b and c`. */
export const listed = (items: readonly string[]): string => {
  const last = items.at(-1) ?? '';
  return items.length < 2 ? last : `${items.slice(0, -1).join(', ')} and ${last}`;
};

export const counted = (count: number, unit: string): string => `${count} ${unit}${count === 1 ? '' : 's'}`;

const ORDINALS = new Map([
  ['one', 'st'],
  ['two', 'nd'],
  ['few', 'rd'],
]);

const ordinalRules = new Intl.PluralRules('en', { type: 'ordinal' });
/** `1st`, `2nd`, `11th`. */
export const ordinal = (count: number): string => `${count}${ORDINALS.get(ordinalRules.select(count)) ?? 'th'}`;

const NTH = ['first', 'second', 'third', 'fourth', 'fifth'];
/** `first` to `fifth`, `6th`. */
export const nth = (count: number): string => NTH[count - 1] ?? ordinal(count);

export const twoDigits = (value: number): string => String(value).padStart(2, '0');

export const capitalised = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

/** `2026-01-05` of a wall-clock time in ms, as if the wall clock showed UTC. */
export const dayText = (wallMs: number): string => new Date(wallMs).toISOString().slice(0, 10);

/** `09:00`, or `09:00:30` if the seconds are not 0. */
export const clockText = (wallMs: number): string => {
  const time = new Date(wallMs).toISOString().slice(11, 19);
  return time.endsWith(':00') ? time.slice(0, 5) : time;
};

export const dayAndClockText = (wallMs: number): string => `${dayText(wallMs)} ${clockText(wallMs)}`;

/** What a field of a pattern means, however it was written. */
export type FieldReading =
  | { readonly kind: 'every' }
  | { readonly kind: 'one'; readonly value: number }
  /** `whole`: the steps are the same distance apart from one minute (hour, day) to the next as within it. */
  | {
      readonly kind: 'steps';
      readonly step: number;
      readonly from: number;
      readonly to: number;
      readonly whole: boolean;
    }
  | { readonly kind: 'range'; readonly from: number; readonly to: number }
  | { readonly kind: 'list'; readonly values: readonly number[] };

const BOUNDS = { second: [0, 59], minute: [0, 59], hour: [0, 23], dayOfMonth: [1, 31], month: [1, 12] } as const;
type RangedField = Extract<FieldName, keyof typeof BOUNDS>;

const MIN_RANGE = 3;

/** The values of a field, in order, each once. */
const valuesOf = (name: FieldName, text: string): number[] =>
  [...new Set(text.split(',').flatMap((item) => itemValues(name, item)))].sort((a, b) => a - b);

export const readField = (name: RangedField, text: string): FieldReading => {
  const [lowest, highest] = BOUNDS[name];
  const size = highest - lowest + 1;
  const values = valuesOf(name, text);
  const [from = lowest] = values;
  const to = values.at(-1) ?? highest;
  if (values.length === size) return { kind: 'every' };
  if (values.length === 1) return { kind: 'one', value: from };
  const [, digits] = /^[^,/]+\/(\d+)$/.exec(text) ?? [];
  const step = Number(digits ?? 1);
  if (step > 1) {
    const whole = from === lowest && to + step > highest && size % step === 0;
    return { kind: 'steps', step, from, to: to + step > highest ? highest : to, whole };
  }
  if (values.length >= MIN_RANGE && to - from + 1 === values.length) return { kind: 'range', from, to };
  return { kind: 'list', values };
};

type Days = { readonly dayOfMonth: string; readonly month: string; readonly dayOfWeek: string };

const WEEKDAYS = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'] as const;
const MONTHS = [
  ...['January', 'February', 'March', 'April', 'May', 'June'],
  ...['July', 'August', 'September', 'October', 'November', 'December'],
];

/** The name of a day, 0 and 7 for Sunday. */
export const weekday = (value: number): string => WEEKDAYS[value % 7] ?? '';
const month = (value: number): string => MONTHS[value - 1] ?? '';
const isOpen = (text: string): boolean => text === '*' || text === '?';

/** Describes the days: `, Monday through Friday`, ` on day 1 of the month or on Monday`, ` in January`; '' for all. */
export const dayWords = ({ dayOfMonth, month: months, dayOfWeek }: Days): string =>
  `${daysWords(dayOfMonth, dayOfWeek)}${monthWords(months)}`;

const daysWords = (dayOfMonth: string, dayOfWeek: string): string => {
  if (isOpen(dayOfMonth) && isOpen(dayOfWeek)) return '';
  if (isOpen(dayOfWeek)) return ` on ${monthDayWords(dayOfMonth)}`;
  const named = weekdayWords(dayOfWeek);
  if (!isOpen(dayOfMonth)) return ` on ${monthDayWords(dayOfMonth)} or on ${named}`;
  return named.includes(' through ') ? `, ${named}` : ` on ${named}`;
};

const ruleWords = (rule: DayRule): string => {
  switch (rule.kind) {
    case 'last':
      if (rule.daysBefore === 0) return 'the last day of the month';
      return `the ${ordinal(rule.daysBefore)} day before the last one of the month`;
    case 'last-workday':
      return 'the last workday of the month';
    case 'nearest-workday':
      return `the workday nearest day ${rule.day} of the month`;
    case 'last-weekday':
      return `the last ${weekday(rule.weekday)} of the month`;
    case 'nth-weekday':
      return `the ${nth(rule.nth)} ${weekday(rule.weekday)} of the month`;
  }
};

/** Splits a day field into the items that are rules, put into words, and the plain ones, as written. */
const parted = (field: RuledField, text: string): { ruled: string[]; plain: string[] } => {
  const ruled: string[] = [];
  const plain: string[] = [];
  for (const item of text.split(',')) {
    const rule = dayRule(field, item);
    if (rule === undefined) plain.push(item);
    else ruled.push(ruleWords(rule));
  }
  return { ruled, plain };
};

const monthDayWords = (text: string): string => {
  const { ruled, plain } = parted('dayOfMonth', text);
  return listed([...(plain.length === 0 ? [] : [plainMonthDays(plain.join(','))]), ...ruled]);
};

const plainMonthDays = (text: string): string => {
  const reading = readField('dayOfMonth', text);
  switch (reading.kind) {
    case 'every':
      return 'every day of the month';
    case 'one':
      return `day ${reading.value} of the month`;
    case 'steps':
      return `every ${ordinal(reading.step)} day from day ${reading.from} through ${reading.to} of the month`;
    case 'range':
      return `days ${reading.from} through ${reading.to} of the month`;
    case 'list':
      return `days ${listed(reading.values.map(String))} of the month`;
  }
};

const weekdayWords = (text: string): string => {
  const { ruled, plain } = parted('dayOfWeek', text);
  return listed([...plain.flatMap(plainWeekdays), ...ruled]);
};

const plainWeekdays = (item: string): string[] => {
  const [, from, to] = /^([^-/]+)-([^-/]+)$/.exec(item) ?? [];
  if (from === undefined || to === undefined) return itemValues('dayOfWeek', item).map(weekday);
  const ends = [from, to].flatMap((end) => itemValues('dayOfWeek', end).slice(0, 1).map(weekday));
  return [ends.join(' through ')];
};

const monthWords = (text: string): string => {
  const reading = readField('month', text);
  switch (reading.kind) {
    case 'every':
      return '';
    case 'one':
      return ` in ${month(reading.value)}`;
    case 'range':
      return ` in ${month(reading.from)} through ${month(reading.to)}`;
    case 'steps':
      return ` in ${listed(itemValues('month', text).map(month))}`;
    case 'list':
      return ` in ${listed(reading.values.map(month))}`;
  }
};

type Times = { readonly second: string; readonly minute: string; readonly hour: string };
type Readings = { readonly [K in keyof Times]: FieldReading };

/** Up to this many times of day are listed; more are described by their fields. */
const MAX_TIMES = 8;

/** Describes the times of day: `at 09:00`, `every 5 minutes, between 09:00 and 17:59`. */
export const timeWords = (fields: Times): string => {
  const readings: Readings = {
    second: readField('second', fields.second),
    minute: readField('minute', fields.minute),
    hour: readField('hour', fields.hour),
  };
  const times = timesOfDay(readings);
  if (times !== undefined) return `at ${listed(times)}`;
  return [secondWords(readings), minuteWords(readings), hourWords(readings)].filter((part) => part !== '').join(', ');
};

const fixedValues = (reading: FieldReading): readonly number[] | undefined => {
  switch (reading.kind) {
    case 'one':
      return [reading.value];
    case 'list':
      return reading.values;
    case 'every':
    case 'steps':
    case 'range':
      return undefined;
  }
};

/** The times of day to list; `undefined` if there are too many, or a field is a range or a step. */
const timesOfDay = ({ second, minute, hour }: Readings): string[] | undefined => {
  const [seconds, minutes, hours] = [fixedValues(second), fixedValues(minute), fixedValues(hour)];
  if (seconds === undefined || minutes === undefined || hours === undefined) return undefined;
  if (seconds.length * minutes.length * hours.length > MAX_TIMES) return undefined;
  const shown = isZero(second) ? () => '' : (value: number) => `:${twoDigits(value)}`;
  return hours.flatMap((h) => minutes.flatMap((m) => seconds.map((s) => `${twoDigits(h)}:${twoDigits(m)}${shown(s)}`)));
};

const isZero = (reading: FieldReading): boolean => reading.kind === 'one' && reading.value === 0;

const NEXT = { second: 'minute', minute: 'hour', hour: 'day' } as const;

const stepWords = (reading: Extract<FieldReading, { kind: 'steps' }>, unit: keyof typeof NEXT): string => {
  const { step, from, to, whole } = reading;
  const every = `every ${step} ${unit}s`;
  if (whole) return every;
  if (unit === 'hour') return `${every} from ${twoDigits(from)}:00 through ${twoDigits(to)}:59`;
  return `${every} from ${unit} ${from} through ${to} of the ${NEXT[unit]}`;
};

/** The words for a second or minute field. */
const withinWords = (reading: FieldReading, unit: 'second' | 'minute'): string => {
  const next = NEXT[unit];
  switch (reading.kind) {
    case 'every':
      return `every ${unit}`;
    case 'one':
      return `at ${counted(reading.value, unit)} past the ${next}`;
    case 'steps':
      return stepWords(reading, unit);
    case 'range':
      return `${unit}s ${reading.from} through ${reading.to} past the ${next}`;
    case 'list':
      return `at ${listed(reading.values.map(String))} ${unit}s past the ${next}`;
  }
};

const secondWords = ({ second }: Readings): string => (isZero(second) ? '' : withinWords(second, 'second'));

const minuteWords = ({ second, minute, hour }: Readings): string => {
  if (minute.kind === 'every') return isZero(second) ? 'every minute' : '';
  if (!isZero(minute) || !isZero(second)) return withinWords(minute, 'minute');
  return hour.kind === 'steps' ? '' : 'every hour';
};

const hourWords = ({ second, minute, hour }: Readings): string => {
  const lastMinute = isZero(minute) && isZero(second) ? '00' : '59';
  switch (hour.kind) {
    case 'every':
      return '';
    case 'one':
      return `between ${twoDigits(hour.value)}:00 and ${twoDigits(hour.value)}:59`;
    case 'steps':
      return stepWords(hour, 'hour');
    case 'range':
      return `between ${twoDigits(hour.from)}:00 and ${twoDigits(hour.to)}:${lastMinute}`;
    case 'list':
      return `in the hours from ${listed(hour.values.map((value) => `${twoDigits(value)}:00`))}`;
  }
};

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
