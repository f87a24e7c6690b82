import { boundedCache } from '../bounded-cache.ts';
import {
  CRON_FIELDS,
  type DayField,
  daysInMonth,
  type FieldName,
  itemValues,
  readDayField,
  rejectItem,
} from './cron-field.ts';
import { rejectCronField, ScheduleRejected } from './rejected.ts';

/** A set of numbers from 0 to 59, in two halves of 30 bits. V8 stores integers of that size without allocating. */
type Bits = { readonly low: number; readonly high: number };

const HALF = 30;

const bitsOf = (values: Iterable<number>): Bits => {
  let low = 0;
  let high = 0;
  for (const value of values) {
    if (value < HALF) low |= 1 << value;
    else high |= 1 << (value - HALF);
  }
  return { low, high };
};

/** The index of the lowest bit that is set; `word` must not be 0. */
export const lowestBit = (word: number): number => 31 - Math.clz32(word & -word);
/** The index of the highest bit that is set; `word` must not be 0. */
export const highestBit = (word: number): number => 31 - Math.clz32(word);

/** The least member that is at least `from` (0 to 60); -1 if there is none. */
export const nextBit = ({ low, high }: Bits, from: number): number => {
  if (from < HALF) {
    const rest = low & (-1 << from);
    if (rest !== 0) return lowestBit(rest);
  }
  const rest = from <= HALF ? high : high & (-1 << (from - HALF));
  return rest === 0 ? -1 : HALF + lowestBit(rest);
};

/** The greatest member that is at most `to` (-1 to 59); -1 if there is none. */
export const previousBit = ({ low, high }: Bits, to: number): number => {
  if (to < 0) return -1;
  if (to >= HALF) {
    const rest = high & ((2 << (to - HALF)) - 1);
    if (rest !== 0) return HALF + highestBit(rest);
  }
  const rest = to >= HALF - 1 ? low : low & ((2 << to) - 1);
  return rest === 0 ? -1 : highestBit(rest);
};

/** A parsed pattern, in the form in which its wall-clock times are found fastest. */
export type CronPattern = {
  readonly second: Bits;
  readonly minute: Bits;
  readonly hour: Bits;
  /** Bit 1 is January, bit 12 is December. */
  readonly months: number;
  readonly dayOfMonth: DayField;
  readonly dayOfWeek: DayField;
  /** The first and the last time of day at which the pattern fires, in seconds after midnight. */
  readonly firstOfDay: number;
  readonly lastOfDay: number;
  /** The hour is `*` or a step of `*`: the slots keep their distance in real time when the clock is changed. */
  readonly followsRealTime: boolean;
};

const FEBRUARY = 2;
const LONGEST = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31] as const;

const readTimes = (name: FieldName, text: string): readonly number[] => {
  const items = text.split(',');
  if (items.includes('?')) throw rejectItem(name, text, '? is allowed only in the two day fields');
  return items.flatMap((item) => itemValues(name, item));
};

type Days = Pick<CronPattern, 'months' | 'dayOfMonth' | 'dayOfWeek'>;

/** Whether any month ever has a day of the pattern. In time, each month starts on every weekday, with each length. */
const everFires = ({ months, dayOfMonth, dayOfWeek }: Days): boolean =>
  LONGEST.some((length, index) => {
    const month = index + 1;
    if ((months & (1 << month)) === 0) return false;
    const lengths = month === FEBRUARY ? [length - 1, length] : [length];
    return lengths.some((days) =>
      [0, 1, 2, 3, 4, 5, 6].some(
        (firstWeekday) => daysInMonth({ dayOfMonth, dayOfWeek }, { length: days, firstWeekday }) !== 0,
      ),
    );
  });

const readDays = (text: string): Days => {
  const [dayOfMonth = '', month = '', dayOfWeek = ''] = text.split(' ');
  const days: Days = {
    dayOfMonth: readDayField('dayOfMonth', dayOfMonth),
    months: readTimes('month', month).reduce((bits, each) => bits | (1 << each), 0),
    dayOfWeek: readDayField('dayOfWeek', dayOfWeek),
  };
  if (!everFires(days)) {
    const why = `never falls in month ${JSON.stringify(month)}: the pattern would never fire; use a day that the month has`;
    throw rejectCronField({ cronField: 'day of month', text: dayOfMonth, why });
  }
  return days;
};

/**
 * Readings of fields by text. A million patterns have a few hundred different fields, and reading them is most of the cost
 * of a pattern.
 */
const FIELDS = 1_024;
const secondsOf = boundedCache(FIELDS, (text: string) => bitsOf(readTimes('second', text)));
const minutesOf = boundedCache(FIELDS, (text: string) => bitsOf(readTimes('minute', text)));
const hoursOf = boundedCache(FIELDS, (text: string) => bitsOf(readTimes('hour', text)));
const daysOf = boundedCache(FIELDS, readDays);

/**
 * Reads a pattern of five or six fields or an alias.
 * @throws ScheduleRejected BAD_PATTERN, naming the cron field
 */
export const readPattern = (text: string): CronPattern => {
  const texts = splitPattern(text);
  const second = secondsOf(texts.second);
  const minute = minutesOf(texts.minute);
  const hour = hoursOf(texts.hour);
  const { dayOfMonth, months, dayOfWeek } = daysOf(`${texts.dayOfMonth} ${texts.month} ${texts.dayOfWeek}`);
  return {
    second,
    minute,
    hour,
    dayOfMonth,
    months,
    dayOfWeek,
    firstOfDay: nextBit(hour, 0) * 3_600 + nextBit(minute, 0) * 60 + nextBit(second, 0),
    lastOfDay: previousBit(hour, 59) * 3_600 + previousBit(minute, 59) * 60 + previousBit(second, 59),
    followsRealTime: /^\*(?:\/\d+)?$/.test(texts.hour),
  };
};

/** Enough for a list of all minutes and all seconds. */
const PATTERN_CHARACTERS = 512;

const ALIASES: ReadonlyMap<string, string> = new Map([
  ['@hourly', '0 * * * *'],
  ['@daily', '0 0 * * *'],
  ['@midnight', '0 0 * * *'],
  ['@weekly', '0 0 * * 0'],
  ['@monthly', '0 0 1 * *'],
  ['@yearly', '0 0 1 1 *'],
  ['@annually', '0 0 1 1 *'],
]);

type FieldTexts = {
  readonly second: string;
  readonly minute: string;
  readonly hour: string;
  readonly dayOfMonth: string;
  readonly month: string;
  readonly dayOfWeek: string;
};

const FIVE = CRON_FIELDS.slice(1).map(({ title }) => title);
const SIX = CRON_FIELDS.map(({ title }) => title);
const FORMS = `a pattern has five fields (${FIVE.join(', ')}) or six, with seconds first`;

const wrongCount = (count: number): ScheduleRejected => {
  const missing = FIVE.slice(count);
  const said = missing.length > 0 ? `lacks ${missing.join(', ')}` : `has ${count} fields, one after day of week`;
  return new ScheduleRejected('pattern', `the pattern ${said}: ${FORMS}`);
};

/** Rejects white space other than blanks and tabs, and names the field next to it. */
const oddSpace = (pattern: string, at: number): ScheduleRejected => {
  const words = pattern.trim().split(/\s+/);
  const titles = words.length > FIVE.length ? SIX : FIVE;
  const before = pattern.slice(0, at).trim();
  const index = before === '' ? 0 : before.split(/\s+/).length - 1;
  return rejectCronField({
    cronField: titles[index] ?? 'day of week',
    text: words[index] ?? '',
    why: 'is next to a line break or unusual white space; separate fields with spaces or tabs',
  });
};

/** cron-parser reads `007` as 7; the checks here expect the 7. */
const withoutLeadingZeros = (field: string): string => field.replace(/(?<![0-9])0+(?=[0-9])/g, '');

/**
 * Splits a pattern, or the pattern of an alias, into its six fields. Blanks and tabs separate fields; leading and trailing
 * ones are ignored.
 * @throws ScheduleRejected
 */
export const splitPattern = (pattern: string): FieldTexts => {
  if (pattern.length > PATTERN_CHARACTERS) {
    throw new ScheduleRejected('pattern', `the pattern has more than ${PATTERN_CHARACTERS} characters: ${FORMS}`);
  }
  if (pattern.trim() === '') throw wrongCount(0);
  const odd = /[^\S \t]/.exec(pattern);
  if (odd !== null) throw oddSpace(pattern, odd.index);
  const trimmed = pattern.trim();
  const alias = ALIASES.get(trimmed.toLowerCase());
  if (alias === undefined && trimmed.startsWith('@')) {
    const known = [...ALIASES.keys()].join(', ');
    throw new ScheduleRejected('pattern', `the pattern is an unknown alias; use ${known}`);
  }
  const parts = (alias ?? withoutLeadingZeros(trimmed)).split(/[ \t]+/);
  const [second, minute, hour, dayOfMonth, month, dayOfWeek, more] = parts.length === 5 ? ['0', ...parts] : parts;
  if (
    second === undefined ||
    minute === undefined ||
    hour === undefined ||
    dayOfMonth === undefined ||
    month === undefined ||
    dayOfWeek === undefined ||
    more !== undefined
  ) {
    throw wrongCount(parts.length);
  }
  return { second, minute, hour, dayOfMonth, month, dayOfWeek };
};
