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
  /** Instants: a slot at `startAt` is one, a slot at `endAt` is none any more. */
  readonly startAt?: string | undefined;
  readonly endAt?: string | undefined;
};

/** The slots due in a span, as epoch ms; `count` is undefined if there are more than were to be counted. */
export type Due = { readonly count: number | undefined; readonly first: number; readonly last: number };

/** The slots of a job, as epoch milliseconds, strictly increasing. Shared by all jobs with the same text. */
export type Schedule = {
  readonly pattern: string;
  readonly timezone: string;
  /** The first slot after `afterMs`. */
  readonly next: (afterMs: number) => number | undefined;
  /** The last slot up to `atOrBeforeMs` and after `notBeforeMs`; costs no more over a long span than over a short one. */
  readonly previous: (atOrBeforeMs: number, notBeforeMs: number) => number | undefined;
  /** The slots after `afterMs` up to `untilMs`, counted up to `most`; undefined where there are none. */
  readonly count: (afterMs: number, untilMs: number, most: number) => Due | undefined;
};

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

/** Keeps the last result: an execution asks for the same slot several times, and so do all jobs with the same text. */
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

/** Compiles a key without the cache of `scheduleOf`, for a pass over many jobs that would displace what is in use. */
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
  };
};

/** The slots of a key that `scheduleKey` made; the same record for the same key, as long as it is remembered. */
export const scheduleOf = boundedCache(SCHEDULES, compileKey);

/**
 * A job's text as one string, short to keep where there are a million of them.
 * @throws ScheduleRefused UNKNOWN_TIMEZONE
 */
export const scheduleKey = ({ pattern, timezone, startAt = '', endAt = '' }: ScheduleText): string => {
  if (!isTimezone(timezone)) {
    throw new ScheduleRefused(
      'timezone',
      `${JSON.stringify(timezone.slice(0, 64))} is no IANA time zone such as Europe/Berlin`,
    );
  }
  // The pattern is the one part that may hold anything: it goes last.
  return [timezone, startAt, endAt, pattern].join(SEPARATOR);
};

/**
 * The slots that a job's text means.
 * @throws ScheduleRefused BAD_PATTERN or UNKNOWN_TIMEZONE
 */
export const compileSchedule = (text: ScheduleText): Schedule => scheduleOf(scheduleKey(text));

/** All slots after an instant, in order; without an end unless the schedule has one. */
export function* slots({ next }: Schedule, afterMs: number): Generator<number, void, undefined> {
  for (let slotMs = next(afterMs); slotMs !== undefined; slotMs = next(slotMs)) yield slotMs;
}
