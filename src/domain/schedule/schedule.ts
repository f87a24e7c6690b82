import { boundedCache } from '../bounded-cache.ts';
import { mix } from '../mix.ts';
import { FIRST_INSTANT_MS, LAST_INSTANT_MS, toMs } from '../values.ts';
import { readPattern } from './cron-pattern.ts';
import { intervalSlots, readInterval } from './interval.ts';
import { ScheduleRejected } from './rejected.ts';
import { type Rule, readKey, type ScheduleText, scheduleKey } from './schedule-text.ts';
import { instantOf, placedSlots, reachedBy, type SlotFinder, type Walls } from './slot-finder.ts';
import { patternWalls } from './wall-times.ts';
import { type Zone, zoneOf } from './zone.ts';

/** The slots in a span. `first` and `last` are epoch ms; `count` is undefined if there are more than the limit. */
type Due = { readonly count: number | undefined; readonly first: number; readonly last: number };

/** The slots of a job as epoch ms, strictly increasing, and when they are due. */
export type JobSlots = {
  /** The first slot after `afterMs`. */
  readonly next: (afterMs: number) => number | undefined;
  /** The last slot up to `atOrBeforeMs` and after `notBeforeMs`. Takes the same time however long the span is. */
  readonly previous: (atOrBeforeMs: number, notBeforeMs: number) => number | undefined;
  /** The slots after `afterMs` and up to `untilMs`. At most `most` are counted. Undefined if there are none. */
  readonly count: (afterMs: number, untilMs: number, most: number) => Due | undefined;
  /** When a slot is due: at its time, or with jitter later by less than that, and always before the next slot. */
  readonly dueMs: (slotMs: number) => number;
  /** The last slot after `notBeforeMs` that is due by `nowMs`. */
  readonly lastDue: (nowMs: number, notBeforeMs: number) => number | undefined;
  /** The place of an instant among the slots: those up to it are due by then. The instant itself unless slots move. */
  readonly placeMs: (instantMs: number) => number;
  /** When the wall clock shows the time of a slot on the day of another instant. */
  readonly onDayMs: (slotMs: number, instantMs: number) => number;
};

/** The slots of a schedule without jitter. All jobs with the same key share one record. */
export type Schedule = JobSlots & {
  /** The wall-clock times of its slots; `undefined` if slots follow elapsed time. */
  readonly walls: Walls | undefined;
};

type Slots = Pick<Schedule, 'next' | 'previous'>;
type Bounds = { readonly startMs: number; readonly endMs: number };

const slotsWithin = ({ first, last }: SlotFinder, { startMs, endMs }: Bounds): Slots => ({
  next: (afterMs) =>
    afterMs >= endMs ? undefined : first({ afterMs: Math.max(afterMs, startMs - 1), untilMs: endMs }),
  previous: (atOrBeforeMs, notBeforeMs) => {
    const atMs = Math.min(atOrBeforeMs, endMs - 1);
    const afterMs = Math.max(notBeforeMs, startMs - 1);
    return atMs > afterMs ? last({ atMs, afterMs }) : undefined;
  },
});

type CountedSpan = { readonly afterMs: number; readonly untilMs: number; readonly most: number };

const countDue = ({ next, previous }: Slots, { countBetween }: SlotFinder, span: CountedSpan): Due | undefined => {
  const first = next(span.afterMs);
  if (first === undefined || first > span.untilMs) return undefined;
  if (countBetween !== undefined) {
    const last = previous(span.untilMs, span.afterMs) ?? first;
    const count = countBetween(first, last);
    return { count: count > span.most ? undefined : count, first, last };
  }
  let last = first;
  for (let count = 1; count <= span.most; count += 1) {
    const slotMs = next(last);
    if (slotMs === undefined || slotMs > span.untilMs) return { count, first, last };
    last = slotMs;
  }
  return { count: undefined, first, last: previous(span.untilMs, span.afterMs) ?? last };
};

/** Caches the last result: an execution, and jobs with the same text, request the same slot several times. */
const rememberLast = (next: Schedule['next']): Schedule['next'] => {
  let lastAfterMs = Number.NaN;
  let slotMs: number | undefined;
  return (afterMs) => {
    if (afterMs !== lastAfterMs) [lastAfterMs, slotMs] = [afterMs, next(afterMs)];
    return slotMs;
  };
};

const patternSlots = (text: string, zone: Zone): SlotFinder => {
  const pattern = readPattern(text);
  return (pattern.followsRealTime ? realTimeSlots : placedSlots)(patternWalls(pattern), zone);
};

const oneSlot = (slotMs: number): SlotFinder => ({
  first: ({ afterMs, untilMs }) => (slotMs > afterMs && slotMs < untilMs ? slotMs : undefined),
  last: ({ atMs, afterMs }) => (slotMs > afterMs && slotMs <= atMs ? slotMs : undefined),
});

/** The slots of a manual job. */
const NO_SLOTS: SlotFinder = { first: () => undefined, last: () => undefined };

const SCHEDULES = 32_768;

/** Compiles a key without changing the cache of `scheduleOf`. */
export const compileKey = (key: string): Schedule => {
  const { timezone, startAt, endAt, rule } = readKey(key);
  const zone = zoneOf(timezone);
  const finder = finderOf(rule, startAt, zone);
  const { next, previous } = slotsWithin(finder, {
    startMs: startAt === '' ? FIRST_INSTANT_MS : Math.max(FIRST_INSTANT_MS, Date.parse(startAt)),
    endMs: endAt === '' ? LAST_INSTANT_MS + 1 : Math.min(LAST_INSTANT_MS + 1, Date.parse(endAt)),
  });
  const slots = { next: rememberLast(next), previous };
  return {
    walls: finder.walls,
    ...slots,
    count: (afterMs, untilMs, most) => countDue(slots, finder, { afterMs, untilMs, most }),
    dueMs: (slotMs) => slotMs,
    lastDue: previous,
    placeMs: (instantMs) => instantMs,
    onDayMs: (slotMs, instantMs) => {
      const wallMs = finder.walls?.last(reachedBy(zone, slotMs), -Infinity) ?? slotMs + zone(slotMs).offsetMs;
      const dayMs = Math.floor((instantMs + zone(instantMs).offsetMs) / DAY_MS) * DAY_MS;
      return instantOf(zone, dayMs + (((wallMs % DAY_MS) + DAY_MS) % DAY_MS));
    },
  };
};

const DAY_MS = 86_400_000;

/** Returns whether all slots have the same time of day; true if the schedule is invalid. A manual job has none. */
export const hasOneTimeOfDay = ({ pattern, schedule }: Pick<ScheduleText, 'pattern' | 'schedule'>): boolean => {
  try {
    if (pattern !== undefined) {
      const { firstOfDay, lastOfDay, followsRealTime } = readPattern(pattern);
      return firstOfDay === lastOfDay && !followsRealTime;
    }
    return schedule === undefined || 'at' in schedule || readInterval(schedule.every).kind !== 'elapsed';
  } catch (error) {
    if (error instanceof ScheduleRejected) return true;
    throw error;
  }
};

const finderOf = (rule: Rule, startAt: string, zone: Zone): SlotFinder => {
  switch (rule.kind) {
    case 'manual':
      return NO_SLOTS;
    case 'pattern':
      return patternSlots(rule.pattern, zone);
    case 'at':
      return oneSlot(toMs(rule.at));
    case 'every': {
      const anchor = { atMs: toMs(startAt === '' ? rule.since : startAt), isSlot: startAt !== '' };
      return intervalSlots(readInterval(rule.every), anchor, zone);
    }
  }
};

/** Compiles a key that `scheduleKey` made, or returns the cached schedule of that key. */
export const scheduleOf = boundedCache(SCHEDULES, compileKey);

/** A slot, and an instant that it is the next slot after. */
type NextSlot = { readonly afterMs: number; readonly slotMs: number };

const MAX_KNOWN = 131_072;

/**
 * Schedules for one pass over all jobs, which would churn through the cache of `scheduleOf`. Jobs with the same key mostly
 * wait for the same slot: it is found once, and nothing is compiled for the others.
 */
export const skipSchedules = (): ((key: string) => JobSlots) => {
  const found = new Map<string, NextSlot>();
  return (key) => {
    let compiled: Schedule | undefined;
    const schedule = (): Schedule => {
      compiled ??= compileKey(key);
      return compiled;
    };
    return {
      next: (afterMs) => {
        const known = found.get(key);
        if (known !== undefined && known.afterMs <= afterMs && afterMs < known.slotMs) return known.slotMs;
        const slotMs = schedule().next(afterMs);
        if (slotMs !== undefined && (known !== undefined || found.size < MAX_KNOWN))
          found.set(key, { afterMs, slotMs });
        return slotMs;
      },
      previous: (atOrBeforeMs, notBeforeMs) => schedule().previous(atOrBeforeMs, notBeforeMs),
      count: (afterMs, untilMs, most) => schedule().count(afterMs, untilMs, most),
      dueMs: (slotMs) => slotMs,
      lastDue: (nowMs, notBeforeMs) => schedule().lastDue(nowMs, notBeforeMs),
      placeMs: (instantMs) => instantMs,
      onDayMs: (slotMs, instantMs) => schedule().onDayMs(slotMs, instantMs),
    };
  };
};

/**
 * Compiles the schedule that a text describes.
 * @throws ScheduleRejected BAD_PATTERN, BAD_SCHEDULE or UNKNOWN_TIMEZONE
 */
export const compileSchedule = (text: ScheduleText): Schedule => scheduleOf(scheduleKey(text));

/** All slots after an instant, in order. Endless unless the schedule ends. */
export function* slots({ next }: JobSlots, afterMs: number): Generator<number, void, undefined> {
  for (let slotMs = next(afterMs); slotMs !== undefined; slotMs = next(slotMs)) yield slotMs;
}

/*
 * Slots of a pattern with an hour of `*` or a step of `*`. Such a pattern fires whenever the wall clock matches it: a time
 * that the clock shows twice is two slots, and a skipped time is none. The search goes through the zone's periods one by
 * one, because the offset is constant within each.
 */

const realTimeSlots = (walls: Walls, zone: Zone): SlotFinder => ({
  first: ({ afterMs, untilMs }) => {
    for (let fromMs = afterMs + 1; fromMs < untilMs; ) {
      const { endMs, offsetMs } = zone(fromMs);
      const wallMs = walls.first(fromMs + offsetMs, Math.min(endMs, untilMs) + offsetMs);
      if (wallMs !== undefined) return wallMs - offsetMs;
      fromMs = endMs;
    }
    return undefined;
  },
  last: ({ atMs, afterMs }) => {
    for (let toMs = atMs; toMs > afterMs; ) {
      const { startMs, offsetMs } = zone(toMs);
      const wallMs = walls.last(toMs + offsetMs, Math.max(startMs, afterMs + 1) + offsetMs);
      if (wallMs !== undefined) return wallMs - offsetMs;
      toMs = startMs - 1;
    }
    return undefined;
  },
});

type JobSlotsInput = {
  readonly schedule: JobSlots;
  readonly jobId: number;
  /** 0 for none. */
  readonly jitterMs: number;
};

const WORD = 2 ** 32;

/** Identical for the same slot of a job in every process, and uniform over [0, 1). */
const fractionOf = (jobId: number, slotMs: number): number =>
  mix(mix(mix(jobId) ^ slotMs) ^ Math.floor(slotMs / WORD)) / WORD;

/**
 * The slots of a job, delayed by its jitter, which spreads the calls of jobs with the same slots. If the next slot is nearer
 * than the jitter, the delay is drawn from the time up to it, so that slots become due in order.
 */
export const jobSlots = ({ schedule, jobId, jitterMs }: JobSlotsInput): JobSlots => {
  if (jitterMs === 0) return schedule;
  const { next, previous } = schedule;
  const dueMs = (slotMs: number): number => {
    const nextMs = next(slotMs) ?? Number.POSITIVE_INFINITY;
    return slotMs + Math.floor(fractionOf(jobId, slotMs) * Math.min(jitterMs, nextMs - slotMs));
  };
  return {
    ...schedule,
    dueMs,
    lastDue: (nowMs, notBeforeMs) => {
      const slotMs = previous(nowMs, notBeforeMs);
      if (slotMs === undefined || dueMs(slotMs) <= nowMs) return slotMs;
      return previous(slotMs - 1, notBeforeMs);
    },
  };
};
