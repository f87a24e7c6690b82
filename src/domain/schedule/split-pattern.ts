import { CRON_FIELDS } from './cron-field.ts';
import { rejectCronField, ScheduleRejected } from './rejected.ts';

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
 * Splits a pattern, or what an alias stands for, into its six fields. Any number of blanks and tabs separates two
 * fields; those before the first and after the last field are ignored.
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
