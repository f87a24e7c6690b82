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
export const WEEKDAYS = 'SUN|MON|TUE|WED|THU|FRI|SAT';

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
