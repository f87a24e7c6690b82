/**
 * The pattern for a description such as `weekdays at 9` or `every 15 minutes from 8 to 18`. `undefined` if a word is not
 * understood, because a partial match would be another schedule.
 */
export const patternOfWords = (text: string): string | undefined => {
  const reader = { rest: ` ${text.toLowerCase().replaceAll(',', ' and ').replaceAll(/\s+/g, ' ').trim()} ` };
  const range = readRange(reader);
  const interval = readInterval(reader);
  const times = readTimes(reader);
  const months = readMonths(reader);
  const days = readDays(reader);
  if (reader.rest.split(' ').some((word) => word !== '' && !FILLING.has(word))) return undefined;
  const clock = interval === undefined ? fixed(times, { days, months, range }) : repeated(interval, times, range);
  if (clock === undefined) return undefined;
  return [
    clock,
    days.dayOfMonth ?? (months === '*' || days.weekday !== undefined ? '*' : '1'),
    months,
    days.weekday ?? '*',
  ].join(' ');
};

/** The remaining text; each reader removes what it has understood. */
type Reader = { rest: string };
type Time = { readonly hour: number; readonly minute: number };
type Interval = { readonly count: number; readonly unit: 'minute' | 'hour' };
type Days = { readonly dayOfMonth?: string; readonly weekday?: string; readonly isDaily: boolean };

const FILLING = new Set(['on', 'every', 'each', 'at', 'and', 'the', 'in', 'of', 'a', 'day', 'days', 'run', 'runs']);

const take = (reader: Reader, wanted: RegExp): RegExpExecArray | undefined => {
  const found = wanted.exec(reader.rest);
  if (found === null) return undefined;
  reader.rest = `${reader.rest.slice(0, found.index)} ${reader.rest.slice(found.index + found[0].length)}`;
  return found;
};

const takeAll = (reader: Reader, wanted: RegExp): readonly RegExpExecArray[] => {
  const found = take(reader, wanted);
  return found === undefined ? [] : [found, ...takeAll(reader, wanted)];
};

const CLOCK = "(\\d{1,2})(?:[:.](\\d{2}))? ?(am|pm|h|o'clock)?";

const timeOf = (hourText: string | undefined, minuteText: string | undefined, half: string | undefined): Time => {
  const hour = Number(hourText) % (half === 'am' || half === 'pm' ? 12 : 100);
  return { hour: half === 'pm' ? hour + 12 : hour, minute: Number(minuteText ?? 0) };
};

const isTime = ({ hour, minute }: Time): boolean => hour < 24 && minute < 60;

/** The hours of `from 8 to 18`. */
const readRange = (reader: Reader): string | undefined => {
  const found = take(reader, new RegExp(` (?:from|between) ${CLOCK} (?:to|and|until|till|-) ${CLOCK}(?= )`));
  if (found === undefined) return undefined;
  const [, hour, minute, half, toHour, toMinute, toHalf] = found;
  const [from, to] = [timeOf(hour, minute, half), timeOf(toHour, toMinute, toHalf)];
  const isRange = isTime(from) && isTime(to) && from.minute === 0 && to.minute === 0 && from.hour <= to.hour;
  if (!isRange) reader.rest += 'not-a-range ';
  return `${from.hour}-${to.hour}`;
};

const readInterval = (reader: Reader): Interval | undefined => {
  if (take(reader, / (?:hourly|every hour|each hour)(?= )/) !== undefined) return { count: 1, unit: 'hour' };
  if (take(reader, / every half hour(?= )/) !== undefined) return { count: 30, unit: 'minute' };
  if (take(reader, / every quarter(?: of an)? hour(?= )/) !== undefined) return { count: 15, unit: 'minute' };
  const found = take(reader, / (?:every|each) (?:(\d{1,2}|other|second) )?(minutes?|mins?|hours?|h)(?= )/);
  if (found === undefined) return undefined;
  const [, count = '1', unit = ''] = found;
  return {
    count: count === 'other' || count === 'second' ? 2 : Number(count),
    unit: unit.startsWith('h') ? 'hour' : 'minute',
  };
};

const readTimes = (reader: Reader): readonly Time[] => {
  const named = [
    ...takeAll(reader, / (?:at )?noon(?= )/).map(() => ({ hour: 12, minute: 0 })),
    ...takeAll(reader, / (?:at )?midnight(?= )/).map(() => ({ hour: 0, minute: 0 })),
  ];
  const past = takeAll(reader, / at (?:minute )?(\d{1,2}) (?:minutes? )?past(?: the hour)?(?= )/).map(([, minute]) => ({
    hour: 0,
    minute: Number(minute),
  }));
  const [first] = [take(reader, new RegExp(` at ${CLOCK}(?= )`))];
  if (first === undefined) return [...named, ...past];
  const others: Time[] = [];
  for (;;) {
    // Only directly after a time, which left a gap.
    const next = take(reader, new RegExp(`(?<=  ) ?and (?:at )?${CLOCK}(?= )`));
    if (next === undefined) break;
    others.push(timeOf(next[1], next[2], next[3]));
  }
  return [...named, ...past, timeOf(first[1], first[2], first[3]), ...others];
};

const WEEKDAYS = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'];
const WEEKDAY = '(sun|mon|tue|wed|thu|fri|sat)(?:day|sday|nesday|rsday|urday)?s?';
const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
const MONTH = '(jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)(?:uary|ruary|ch|il|e|y|ust|tember|ober|ember|t)?';

const readMonths = (reader: Reader): string => {
  if (take(reader, / (?:yearly|annually|every year|each year)(?= )/) !== undefined) {
    const month = take(reader, new RegExp(` ${MONTH}(?= )`))?.[1];
    return String(MONTHS.indexOf(month ?? 'jan') + 1);
  }
  if (take(reader, / (?:quarterly|every quarter)(?= )/) !== undefined) return '1,4,7,10';
  const found = takeAll(reader, new RegExp(` (?:in |of )?${MONTH}(?= )`)).map(
    ([, month = '']) => MONTHS.indexOf(month) + 1,
  );
  return found.length === 0 ? '*' : found.join(',');
};

const NTH = ['first', 'second', 'third', 'fourth', 'fifth'];

/** The n of `first`, `1st` or `1`. */
const nthOf = (word: string | undefined): number => {
  const named = NTH.indexOf(word ?? '');
  return named < 0 ? Number.parseInt(word ?? '', 10) : named + 1;
};

const OF_MONTH = '(?: of (?:the|each|every|a) month| of(?= )|)';

const readDays = (reader: Reader): Days => {
  const named = readDayOfMonth(reader);
  const weekday = readWeekday(reader);
  const isMonthly = take(reader, / (?:monthly|every month|each month)(?= )/) !== undefined;
  const dayOfMonth = named ?? (isMonthly && weekday === undefined ? '1' : undefined);
  // A pattern with both would be due on the days of either.
  if (dayOfMonth !== undefined && weekday !== undefined) reader.rest += 'two-kinds-of-days ';
  const isDaily = take(reader, / (?:daily|every day|each day)(?= )/) !== undefined;
  return {
    isDaily: isDaily || weekday !== undefined || dayOfMonth !== undefined,
    ...(weekday === undefined ? {} : { weekday }),
    ...(dayOfMonth === undefined ? {} : { dayOfMonth }),
  };
};

const readWeekday = (reader: Reader): string | undefined => {
  const last = take(reader, new RegExp(` last ${WEEKDAY}${OF_MONTH}(?= )`));
  if (last !== undefined) return `${(last[1] ?? '').toUpperCase()}L`;
  const nth = take(
    reader,
    new RegExp(` (first|second|third|fourth|fifth|[1-5](?:st|nd|rd|th)) ${WEEKDAY}${OF_MONTH}(?= )`),
  );
  if (nth !== undefined) return `${(nth[2] ?? '').toUpperCase()}#${nthOf(nth[1])}`;
  const found = [
    ...takeAll(reader, / (?:week ?days?|work(?:ing )?days?|business days?)(?= )/).map(() => '1-5'),
    ...takeAll(reader, / weekends?(?= )/).map(() => '0,6'),
    ...takeAll(reader, new RegExp(` ${WEEKDAY} ?(?:-|to|through|until) ?${WEEKDAY}(?= )`)).map(
      ([, from = '', to = '']) => `${WEEKDAYS.indexOf(from)}-${WEEKDAYS.indexOf(to) || 7}`,
    ),
    ...takeAll(reader, new RegExp(` ${WEEKDAY}(?= )`)).map(([, day = '']) => String(WEEKDAYS.indexOf(day))),
  ];
  if (found.length > 0) return found.join(',');
  return take(reader, / (?:weekly|every week)(?= )/) === undefined ? undefined : '1';
};

const readDayOfMonth = (reader: Reader): string | undefined => {
  if (take(reader, new RegExp(` last (?:working day|workday|weekday)${OF_MONTH}(?= )`)) !== undefined) return 'LW';
  if (take(reader, new RegExp(` last day${OF_MONTH}(?= )`)) !== undefined) return 'L';
  const named = take(reader, / first day(?: of (?:the|each|every|a) month)?(?= )/) === undefined ? [] : ['1'];
  const numbered = takeAll(reader, new RegExp(` (\\d{1,2})(?:st|nd|rd|th)(?: day)?${OF_MONTH}(?= )`)).map(
    ([, day = '']) => day,
  );
  const days = [...named, ...numbered];
  if (days.length > 0) take(reader, / of (?:the|each|every|a) month(?= )/);
  if (days.some((day) => Number(day) < 1 || Number(day) > 31)) reader.rest += 'no-day ';
  return days.length > 0 ? days.join(',') : undefined;
};

type Around = { readonly days: Days; readonly months: string; readonly range: string | undefined };

/** Minute and hour of a schedule at times of day; midnight if only days are given. */
const fixed = (times: readonly Time[], { days, months, range }: Around): string | undefined => {
  if (range !== undefined || times.some((time) => !isTime(time))) return undefined;
  if (times.length === 0) return days.isDaily || months !== '*' ? '0 0' : undefined;
  const minutes = [...new Set(times.map(({ minute }) => minute))];
  const hours = [...new Set(times.map(({ hour }) => hour))];
  // Each hour combines with each minute: other times need several patterns.
  if (minutes.length > 1 && hours.length > 1) return undefined;
  return `${minutes.join(',')} ${hours.join(',')}`;
};

const MINUTES = 60;
const HOURS = 24;

/** Minute and hour of a repeated schedule; steps must divide the hour or the day. */
const repeated = ({ count, unit }: Interval, times: readonly Time[], range: string | undefined): string | undefined => {
  if (unit === 'minute') {
    if (times.length > 0 || count < 1 || MINUTES % count !== 0 || count === MINUTES) return undefined;
    return `${count === 1 ? '*' : `*/${count}`} ${range ?? '*'}`;
  }
  const [time, ...more] = times;
  if (more.length > 0 || count < 1 || HOURS % count !== 0 || (time !== undefined && !isTime(time))) return undefined;
  return `${time?.minute ?? 0} ${count === 1 ? (range ?? '*') : `${range ?? '*'}/${count}`}`;
};
