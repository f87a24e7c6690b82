import { CronExpressionParser } from 'cron-parser';
import { boundedCache } from '../bounded-cache.ts';
import { rejectCronField, type ScheduleRejected } from './rejected.ts';

export type FieldName = 'second' | 'minute' | 'hour' | 'dayOfMonth' | 'month' | 'dayOfWeek';

type CronField = {
  readonly name: FieldName;
  /** Its name in messages. */
  readonly title: string;
  readonly allowed: string;
  /** One value, as a regular expression. */
  readonly value: string;
  /** How many values the field has. A longer step would match only the first of them, so it is rejected. */
  readonly size: number;
};

const NUMBER = '\\d{1,2}';
const MONTHS = 'JAN|FEB|MAR|APR|MAY|JUN|JUL|AUG|SEP|OCT|NOV|DEC';
const WEEKDAYS = 'SUN|MON|TUE|WED|THU|FRI|SAT';

/** In the order in which a pattern of six fields has them. */
export const CRON_FIELDS = [
  { name: 'second', title: 'second', allowed: '0-59', value: NUMBER, size: 60 },
  { name: 'minute', title: 'minute', allowed: '0-59', value: NUMBER, size: 60 },
  { name: 'hour', title: 'hour', allowed: '0-23', value: NUMBER, size: 24 },
  {
    name: 'dayOfMonth',
    title: 'day of month',
    allowed: '1-31, ?, L (last day), L-3, LW (last workday), 15W (nearest workday)',
    value: NUMBER,
    size: 31,
  },
  { name: 'month', title: 'month', allowed: '1-12, JAN-DEC', value: `${NUMBER}|${MONTHS}`, size: 12 },
  {
    name: 'dayOfWeek',
    title: 'day of week',
    allowed: '0-7 (0 and 7 are Sunday), SUN-SAT, ?, FRIL (last Friday), MON#2 (second Monday)',
    value: `${NUMBER}|${WEEKDAYS}`,
    size: 7,
  },
] as const satisfies readonly CronField[];

const shapes = new Map<FieldName, RegExp>(
  CRON_FIELDS.map(({ name, value }) => [
    name,
    new RegExp(`^(?:\\*|(?:${value})(?:-(?:${value}))?)(?:/${NUMBER})?$`, 'i'),
  ]),
);

const ITEMS = 4_096;
/** Without these options the parser would draw a random number and read the clock. */
const READING = { tz: 'UTC', currentDate: 0, hashSeed: 'unused' };

/**
 * The values of one item (a value, a range or a step). cron-parser reads single items correctly, but accepts some
 * wrong patterns and rejects some right lists, so it gets one item at a time. Its results are cached.
 */
const valuesOf = boundedCache(ITEMS, (key: string): readonly number[] | Error => {
  const [position = '', item = ''] = key.split(' ');
  const fields = CRON_FIELDS.map((_, index) => (String(index) === position ? item : '*'));
  try {
    const parsed = CronExpressionParser.parse(fields.join(' '), READING);
    return CRON_FIELDS.flatMap(({ name }, index) =>
      String(index) === position ? parsed.fields[name].values.map(Number) : [],
    );
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
});

/** Describes what a field can contain. */
const allowedIn = (field: CronField): string =>
  `use ${field.allowed}, *, ranges such as a-b, steps such as */n, and lists of these`;

/**
 * The values of one item of a field's list.
 * @throws ScheduleRejected naming the field
 */
export const itemValues = (name: FieldName, item: string): readonly number[] => {
  const position = CRON_FIELDS.findIndex((each) => each.name === name);
  const field = CRON_FIELDS[position];
  if (field === undefined || shapes.get(name)?.test(item) !== true) throw rejectItem(name, item, 'invalid');
  const step = Number(item.split('/')[1] ?? 1);
  if (step > field.size) {
    const instead = `it matches the first value only. Write that value, or a step of at most ${field.size}`;
    throw rejectItem(name, item, `the step ${step} is larger than the field, so ${instead}`);
  }
  const values = valuesOf(`${position} ${item.toUpperCase()}`);
  if (values instanceof Error) throw rejectItem(name, item, values.message.replace(/^Constraint error, |\.$/g, ''));
  return values;
};

/** Rejects one item; the message describes what the field can contain. */
export const rejectItem = (name: FieldName, item: string, why: string): ScheduleRejected => {
  const field = CRON_FIELDS.find((each) => each.name === name) ?? CRON_FIELDS[0];
  return rejectCronField({ cronField: field.title, text: item, why: `${why}; ${allowedIn(field)}` });
};

/** A day that depends on the month: `L`, `L-3`, `LW`, `15W` in the day of month, `FRIL`, `MON#2` in the day of week. */
export type DayRule =
  | { readonly kind: 'last'; readonly daysBefore: number }
  | { readonly kind: 'last-workday' }
  | { readonly kind: 'nearest-workday'; readonly day: number }
  | { readonly kind: 'last-weekday'; readonly weekday: number }
  | { readonly kind: 'nth-weekday'; readonly weekday: number; readonly nth: number };

/** One of the two day fields. In `mask`, bits 0 to 30 are the days 1 to 31, or bits 0 to 6 are Sunday to Saturday. */
export type DayField = { readonly restricted: boolean; readonly mask: number; readonly rules: readonly DayRule[] };

/** `firstWeekday` is the weekday of the month's first day; Sunday is 0. */
type Month = { readonly length: number; readonly firstWeekday: number };

const SATURDAY = 6;
const SUNDAY = 0;
const LONGEST = 31;
const ALL_DAYS = 0x7fffffff;

const weekdayOf = (day: number, { firstWeekday }: Month): number => (firstWeekday + day - 1) % 7;

const nearestWorkday = (day: number, month: Month): number => {
  switch (weekdayOf(day, month)) {
    case SATURDAY:
      return day === 1 ? 3 : day - 1;
    case SUNDAY:
      return day === month.length ? day - 2 : day + 1;
    default:
      return day;
  }
};

const firstOf = (weekday: number, { firstWeekday }: Month): number => 1 + ((weekday - firstWeekday + 7) % 7);

/** The day of this month that matches the rule; a number outside the month if there is none. */
const dayOf = (rule: DayRule, month: Month): number => {
  switch (rule.kind) {
    case 'last':
      return month.length - rule.daysBefore;
    case 'last-workday':
      return nearestWorkday(month.length, month);
    case 'nearest-workday':
      return rule.day > month.length ? 0 : nearestWorkday(rule.day, month);
    case 'last-weekday': {
      const first = firstOf(rule.weekday, month);
      return first + 7 * Math.floor((month.length - first) / 7);
    }
    case 'nth-weekday':
      return firstOf(rule.weekday, month) + 7 * (rule.nth - 1);
  }
};

const ruledDays = (rules: readonly DayRule[], month: Month): number => {
  let days = 0;
  for (const rule of rules) {
    const day = dayOf(rule, month);
    if (day >= 1 && day <= month.length) days |= 1 << (day - 1);
  }
  return days;
};

const weekdaysInMonth = (mask: number, firstWeekday: number): number => {
  const week = ((mask >>> firstWeekday) | (mask << (7 - firstWeekday))) & 0x7f;
  return week | (week << 7) | (week << 14) | (week << 21) | (week << 28);
};

/** The days of a month on which a pattern fires; bit 0 is the 1st. If both fields are restricted, either may match. */
export const daysInMonth = (fields: { dayOfMonth: DayField; dayOfWeek: DayField }, month: Month): number => {
  const { dayOfMonth, dayOfWeek } = fields;
  const inMonth = ALL_DAYS >>> (LONGEST - month.length);
  if (!dayOfMonth.restricted && !dayOfWeek.restricted) return inMonth;
  let days = 0;
  if (dayOfMonth.restricted) days |= dayOfMonth.mask | ruledDays(dayOfMonth.rules, month);
  if (dayOfWeek.restricted) {
    days |= weekdaysInMonth(dayOfWeek.mask, month.firstWeekday) | ruledDays(dayOfWeek.rules, month);
  }
  return days & inMonth;
};

const WEEKDAY = new RegExp(`^(${WEEKDAYS}|[0-7])(?:L|#([1-5]))$`, 'i');
const NAMES = WEEKDAYS.split('|');

const monthRule = (item: string): DayRule | undefined => {
  const text = item.toUpperCase();
  if (text === 'L') return { kind: 'last', daysBefore: 0 };
  if (text === 'LW') return { kind: 'last-workday' };
  const before = /^L-([1-9]|[12]\d|30)$/.exec(text)?.[1];
  if (before !== undefined) return { kind: 'last', daysBefore: Number(before) };
  const nearest = /^([1-9]|[12]\d|3[01])W$/.exec(text)?.[1];
  return nearest === undefined ? undefined : { kind: 'nearest-workday', day: Number(nearest) };
};

const weekRule = (item: string): DayRule | undefined => {
  const [, day, nth] = WEEKDAY.exec(item) ?? [];
  if (day === undefined) return undefined;
  const named = NAMES.indexOf(day.toUpperCase());
  const weekday = named === -1 ? Number(day) % 7 : named;
  return nth === undefined ? { kind: 'last-weekday', weekday } : { kind: 'nth-weekday', weekday, nth: Number(nth) };
};

const KINDS = {
  dayOfMonth: { rule: monthRule, bit: (value: number): number => value - 1 },
  dayOfWeek: { rule: weekRule, bit: (value: number): number => value % 7 },
} as const;

export type RuledField = keyof typeof KINDS;

/** The rule of an item of a day field; `undefined` if it is a plain value, range or step. */
export const dayRule = (name: RuledField, item: string): DayRule | undefined => KINDS[name].rule(item);

/**
 * Reads a day field. Only `*` and `?` leave it unrestricted. `1-31` restricts it, even though it names every day: with
 * a restricted day of week beside it, the pattern fires on the days of either field.
 * @throws ScheduleRejected naming the field
 */
export const readDayField = (name: RuledField, text: string): DayField => {
  if (text === '*' || text === '?') return { restricted: false, mask: 0, rules: [] };
  const { rule, bit } = KINDS[name];
  let mask = 0;
  const rules: DayRule[] = [];
  for (const item of text.split(',')) {
    if (item === '?') throw rejectItem(name, item, 'must be the only item, not part of a list');
    const special = rule(item);
    if (special !== undefined) rules.push(special);
    else for (const value of itemValues(name, item)) mask |= 1 << bit(value);
  }
  return { restricted: true, mask, rules };
};
