import { splitPattern } from './split-pattern.ts';
import { dayWords } from './words/day-words.ts';
import { capitalised } from './words/english.ts';
import { timeWords } from './words/time-words.ts';

/**
 * A pattern in plain English, such as `At 09:00, Monday through Friday (Europe/Berlin)`.
 * @throws ScheduleRefused
 */
export const patternWords = ({
  pattern,
  timezone,
}: {
  readonly pattern: string;
  readonly timezone: string;
}): string => {
  const fields = splitPattern(pattern);
  return `${capitalised(timeWords(fields))}${dayWords(fields)} (${timezone})`;
};
