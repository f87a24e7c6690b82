import { boundedCache } from '../bounded-cache.ts';
import { type FieldName, itemValues, rejectItem } from './cron-field.ts';
import { type DayField, daysInMonth, readDayField } from './day-field.ts';
import { rejectCronField } from './rejected.ts';
import { splitPattern } from './split-pattern.ts';

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
 * What fields say, by their texts. A million patterns have a few hundred different ones, and reading them takes most of
 * the time of a pattern: 2 of 2.5 µs.
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
