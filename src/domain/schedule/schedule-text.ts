import type { TimedSchedule } from '../events/job-events.ts';
import { ScheduleRejected } from './rejected.ts';
import { isTimezone } from './zone.ts';

type Span = {
  readonly timezone: string;
  readonly startAt?: string | undefined;
  readonly endAt?: string | undefined;
};

/** What a schedule is compiled from: the fields of a job, or a pattern and its zone. A manual job has neither. */
export type ScheduleText = Span &
  (
    | { readonly pattern: string; readonly schedule?: undefined; readonly scheduleSince?: string | undefined }
    | {
        readonly pattern?: string | undefined;
        readonly schedule?: TimedSchedule | undefined;
        readonly scheduleSince: string;
      }
  );

const SEPARATOR = '\n';

/**
 * A schedule's text as one string: takes less memory than a record when there are a million jobs. Jobs with the same
 * slots have the same key, so only an interval without `startAt` adds what it is counted from.
 * @throws ScheduleRejected UNKNOWN_TIMEZONE
 */
export const scheduleKey = (text: ScheduleText): string => {
  const { timezone, startAt = '', endAt = '' } = text;
  if (!isTimezone(timezone)) {
    throw new ScheduleRejected(
      'timezone',
      `${JSON.stringify(timezone.slice(0, 64))} is not a known IANA time zone, such as Europe/Berlin`,
    );
  }
  // A pattern goes last, since only a pattern may contain the separator.
  return [timezone, startAt, endAt, ...partsOf(text)].join(SEPARATOR);
};

const partsOf = ({
  pattern,
  schedule,
  startAt,
  scheduleSince = '',
}: ScheduleText): readonly [kind: Rule['kind'], since: string, value: string] => {
  if (pattern !== undefined) return ['pattern', '', pattern];
  if (schedule === undefined) return ['manual', '', ''];
  if ('at' in schedule) return ['at', '', schedule.at];
  return ['every', startAt === undefined ? scheduleSince : '', schedule.every];
};

/** The rule that determines the slots. */
export type Rule =
  | { readonly kind: 'manual' }
  | { readonly kind: 'pattern'; readonly pattern: string }
  | { readonly kind: 'at'; readonly at: string }
  /** `since` is the anchor of an interval without `startAt`. */
  | { readonly kind: 'every'; readonly every: string; readonly since: string };

/** What `scheduleKey` wrote into a key. `startAt` and `endAt` are empty if there is none. */
export const readKey = (key: string) => {
  const [timezone = '', startAt = '', endAt = '', kind = '', since = '', ...rest] = key.split(SEPARATOR);
  return { timezone, startAt, endAt, rule: ruleOf(kind, since, rest.join(SEPARATOR)) };
};

/** The time zone of a key that `scheduleKey` made. */
export const timezoneOfKey = (key: string): string => key.slice(0, key.indexOf(SEPARATOR));

const ruleOf = (kind: string, since: string, value: string): Rule => {
  if (kind === 'manual') return { kind };
  if (kind === 'at') return { kind, at: value };
  return kind === 'every' ? { kind, every: value, since } : { kind: 'pattern', pattern: value };
};
