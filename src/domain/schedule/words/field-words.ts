import { itemValues } from '../cron-field.ts';
import { type DayRule, dayRule, type RuledField } from '../day-field.ts';
import { counted, type FieldReading, listed, nth, ordinal, readField, twoDigits } from './english.ts';

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
