import { FIRST_INSTANT_MS, LAST_INSTANT_MS } from '../values.ts';
import { boundedCache } from './bounded-cache.ts';
import { type CronPattern, readPattern } from './cron-pattern.ts';
import { nextElapsed, previousElapsed } from './elapsed-slots.ts';
import { nextPlaced, previousPlaced } from './placed-slots.ts';
import { ScheduleRefused } from './refused.ts';
import { isTimezone } from './timezone.ts';
import { type Zone, zoneOf } from './zone.ts';

export type ScheduleText = {
  readonly pattern: string;
  /** IANA zone. */
  readonly timezone: string;
  /** Instants. The span includes `startAt` and excludes `endAt`. */
  readonly startAt?: string | undefined;
  readonly endAt?: string | undefined;
};

/** The slots in a span. `first` and `last` are epoch ms; `count` is undefined if there are more than the limit. */
export type Due = { readonly count: number | undefined; readonly first: number; readonly last: number };

/** The slots of a job as epoch ms, strictly increasing, and when they are due. */
export type JobSlots = {
  /** The first slot after `afterMs`. */
  readonly next: (afterMs: number) => number | undefined;
  /** The last slot up to `atOrBeforeMs` and after `notBeforeMs`. Takes the same time however long the span is. */
  readonly previous: (atOrBeforeMs: number, notBeforeMs: number) => number | undefined;
  /** The slots after `afterMs` and up to `untilMs`. At most `most` are counted. Undefined if there are none. */
  readonly count: (afterMs: number, untilMs: number, most: number) => Due | undefined;
  /** When a slot is due: at once, or with jitter less than that later, and always before the next slot. */
  readonly dueMs: (slotMs: number) => number;
  /** The last slot after `notBeforeMs` that is due by `nowMs`. */
  readonly lastDue: (nowMs: number, notBeforeMs: number) => number | undefined;
};

/** The slots of a schedule without jitter. All jobs with the same text share one record. */
export type Schedule = JobSlots & { readonly pattern: string; readonly timezone: string };

type Slots = Pick<Schedule, 'next' | 'previous'>;
type Bounds = { readonly startMs: number; readonly endMs: number };

const slotsWithin = (pattern: CronPattern, zone: Zone, { startMs, endMs }: Bounds): Slots => {
  const [first, last] = pattern.followsRealTime
    ? ([nextElapsed, previousElapsed] as const)
    : ([nextPlaced, previousPlaced] as const);
  return {
    next: (afterMs) =>
      afterMs >= endMs ? undefined : first(pattern, zone, { afterMs: Math.max(afterMs, startMs - 1), untilMs: endMs }),
    previous: (atOrBeforeMs, notBeforeMs) => {
      const atMs = Math.min(atOrBeforeMs, endMs - 1);
      const afterMs = Math.max(notBeforeMs, startMs - 1);
      return atMs > afterMs ? last(pattern, zone, { atMs, afterMs }) : undefined;
    },
  };
};

const countDue = ({ next, previous }: Slots, span: { afterMs: number; untilMs: number; most: number }) => {
  const first = next(span.afterMs);
  if (first === undefined || first > span.untilMs) return undefined;
  let last = first;
  for (let count = 1; count <= span.most; count += 1) {
    const slotMs = next(last);
    if (slotMs === undefined || slotMs > span.untilMs) return { count, first, last };
    last = slotMs;
  }
  return { count: undefined, first, last: previous(span.untilMs, span.afterMs) ?? last };
};

/** Caches the last result. An execution asks for the same slot several times, and so do jobs with the same text. */
const rememberLast = (next: Schedule['next']): Schedule['next'] => {
  let asked = Number.NaN;
  let answer: number | undefined;
  return (afterMs) => {
    if (afterMs !== asked) [asked, answer] = [afterMs, next(afterMs)];
    return answer;
  };
};

const SEPARATOR = '\n';
const SCHEDULES = 32_768;

/** Compiles a key without the cache of `scheduleOf`. A pass over all jobs uses it, to leave that cache as it is. */
export const compileKey = (key: string): Schedule => {
  const [timezone = '', startAt = '', endAt = '', ...rest] = key.split(SEPARATOR);
  const pattern = rest.join(SEPARATOR);
  const read = readPattern(pattern);
  const startMs = startAt === '' ? FIRST_INSTANT_MS : Math.max(FIRST_INSTANT_MS, Date.parse(startAt));
  const endMs = endAt === '' ? LAST_INSTANT_MS + 1 : Math.min(LAST_INSTANT_MS + 1, Date.parse(endAt));
  const { next, previous } = slotsWithin(read, zoneOf(timezone), { startMs, endMs });
  const slots = { next: rememberLast(next), previous };
  return {
    pattern,
    timezone,
    ...slots,
    count: (afterMs, untilMs, most) => countDue(slots, { afterMs, untilMs, most }),
    dueMs: (slotMs) => slotMs,
    lastDue: previous,
  };
};

/** Compiles a key that `scheduleKey` made, or returns the cached schedule of that key. */
export const scheduleOf = boundedCache(SCHEDULES, compileKey);

/**
 * A schedule's text as one string: takes less memory than a record when there are a million jobs.
 * @throws ScheduleRefused UNKNOWN_TIMEZONE
 */
export const scheduleKey = ({ pattern, timezone, startAt = '', endAt = '' }: ScheduleText): string => {
  if (!isTimezone(timezone)) {
    throw new ScheduleRefused(
      'timezone',
      `${JSON.stringify(timezone.slice(0, 64))} is no IANA time zone such as Europe/Berlin`,
    );
  }
  // The pattern goes last since it alone may contain the separator.
  return [timezone, startAt, endAt, pattern].join(SEPARATOR);
};

/**
 * Compiles the schedule that a text describes.
 * @throws ScheduleRefused BAD_PATTERN or UNKNOWN_TIMEZONE
 */
export const compileSchedule = (text: ScheduleText): Schedule => scheduleOf(scheduleKey(text));

/** All slots after an instant, in order. Endless unless the schedule ends. */
export function* slots({ next }: JobSlots, afterMs: number): Generator<number, void, undefined> {
  for (let slotMs = next(afterMs); slotMs !== undefined; slotMs = next(slotMs)) yield slotMs;
}
