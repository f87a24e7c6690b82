import { itemValues } from '../cron-field.ts';
import { type DayRule, dayRule, type RuledField } from '../day-field.ts';
import { listed, nth, ordinal, readField } from './english.ts';

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

/** Says on which days: `, Monday through Friday`, ` on day 1 of the month or on Monday`, ` in January`; '' for all. */
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
