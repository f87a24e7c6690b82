import { durationMs } from '../duration.ts';
import type { RuleFields } from '../events/job-fields.ts';
import { toMs } from '../values.ts';
import type { ScheduleText } from './schedule-text.ts';
import { splitPattern } from './split-pattern.ts';
import { dayAndClockText } from './words/clock-words.ts';
import { dayWords } from './words/day-words.ts';
import { capitalised, counted, listed } from './words/english.ts';
import { durationWords, intervalWords, isOfCalendar } from './words/interval-words.ts';
import { timeWords } from './words/time-words.ts';
import { zoneOf } from './zone.ts';

/** The fields of a job that say when it runs. */
type WordedFields = ScheduleText & Pick<RuleFields, 'jitter' | 'maxRuns' | 'calendar'>;

/**
 * Describes in English when a job runs, such as `At 09:00, Monday through Friday (Europe/Berlin)` or
 * `Every second Monday at 09:00 (Europe/Madrid), from 2026-01-05 09:00, except holidays`.
 * @throws ScheduleRefused
 */
export const scheduleWords = (fields: WordedFields): string =>
  [capitalised(slotWords(fields)), ...calendarWords(fields), ...limitWords(fields)].join(', ');

/** When the slots are, in the zone and the span of the schedule. */
const slotWords = (text: ScheduleText): string => {
  const { pattern = '', schedule, timezone } = text;
  const wallMs = wallReader(timezone);
  const zone = ` (${timezone})`;
  const span = spanWords(text, wallMs);
  if (schedule === undefined) {
    const fields = splitPattern(pattern);
    return `${timeWords(fields)}${dayWords(fields)}${zone}${span}`;
  }
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

const calendarWords = ({ calendar: { exclude = [], include = [] } = {} }: WordedFields): string[] => [
  ...(include.length === 0 ? [] : [`only on ${listed(include)}`]),
  ...(exclude.length === 0 ? [] : [`except ${listed(exclude)}`]),
];

const limitWords = ({ jitter = 0, maxRuns }: WordedFields): string[] => [
  ...(durationMs(jitter) === 0 ? [] : [`up to ${durationWords(durationMs(jitter))} later`]),
  ...(maxRuns === undefined ? [] : [`at most ${counted(maxRuns, 'run')}`]),
];
