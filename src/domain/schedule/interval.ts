import { ScheduleRejected } from './rejected.ts';
import { placedSlots, reachedBy, type SlotFinder, type Walls } from './slot-finder.ts';
import { lengthOf } from './wall-times.ts';
import type { Zone } from './zone.ts';

/** The time between two slots: milliseconds of elapsed time, or days or months of the calendar. */
type Interval = { readonly kind: 'elapsed'; readonly length: number } | CalendarInterval;
type CalendarInterval = { readonly kind: 'days' | 'months'; readonly length: number };

const UNITS: Readonly<Record<string, Interval>> = {
  ms: { kind: 'elapsed', length: 1 },
  s: { kind: 'elapsed', length: 1_000 },
  m: { kind: 'elapsed', length: 60_000 },
  h: { kind: 'elapsed', length: 3_600_000 },
  d: { kind: 'days', length: 1 },
  w: { kind: 'days', length: 7 },
  mo: { kind: 'months', length: 1 },
};

/** A hundred years is far below the range of computable instants. */
const BOUNDS = {
  elapsed: { least: 1_000, most: 36_525 * 86_400_000 },
  days: { least: 1, most: 36_525 },
  months: { least: 1, most: 1_200 },
} as const;

const INTERVAL = new RegExp(`^(\\d{1,15})(${Object.keys(UNITS).join('|')})$`);
const SHOWN_CHARACTERS = 40;

const reject = (text: string, why: string): ScheduleRejected => {
  const shown = JSON.stringify(text.length > SHOWN_CHARACTERS ? `${text.slice(0, SHOWN_CHARACTERS)}…` : text);
  return new ScheduleRejected(
    'schedule/every',
    `${shown} is ${why}; use a whole number with a unit: ms, s, m (minutes), h, d, w or mo (months), from 1 second to 100 years`,
  );
};

/**
 * Reads an interval such as `90s`, `2w` or `1mo`.
 * @throws ScheduleRejected BAD_SCHEDULE
 */
export const readInterval = (text: string): Interval => {
  const [, digits, suffix = ''] = INTERVAL.exec(text) ?? [];
  const unit = UNITS[suffix];
  if (unit === undefined) throw reject(text, 'invalid');
  const interval = { ...unit, length: Number(digits) * unit.length };
  const { least, most } = BOUNDS[interval.kind];
  if (interval.length < least) throw reject(text, 'shorter than a second');
  if (interval.length > most) throw reject(text, 'longer than 100 years');
  return interval;
};

const DAY_MS = 86_400_000;

/** The wall-clock times at whole intervals after an anchor, which has the index 0 and is not among them. */
type CalendarWalls = Walls & {
  /** The index of the last one at or before a wall-clock time; 0 if it is before the first one. */
  readonly indexAt: (wallMs: number) => number;
};

type Steps = {
  readonly wallAt: (index: number) => number;
  /** The least index with a time at or after `wallMs`; below 0 if that is before the anchor. */
  readonly indexFrom: (wallMs: number) => number;
};

/**
 * The wall-clock times of an interval in days or months.
 * @param anchorMs wall-clock time
 */
const calendarWalls = ({ kind, length }: CalendarInterval, anchorMs: number): CalendarWalls => {
  const { wallAt, indexFrom } = kind === 'months' ? monthSteps(length, anchorMs) : daySteps(length * DAY_MS, anchorMs);
  const indexAt = (wallMs: number): number => Math.max(0, indexFrom(wallMs + 1) - 1);
  return {
    first: (fromMs, untilMs) => {
      const wallMs = wallAt(Math.max(1, indexFrom(fromMs)));
      return wallMs < untilMs ? wallMs : undefined;
    },
    last: (toMs, fromMs) => {
      const index = indexAt(toMs);
      if (index === 0) return undefined;
      const wallMs = wallAt(index);
      return wallMs >= fromMs ? wallMs : undefined;
    },
    indexAt,
  };
};

const daySteps = (stepMs: number, anchorMs: number): Steps => ({
  wallAt: (index) => anchorMs + index * stepMs,
  indexFrom: (wallMs) => Math.ceil((wallMs - anchorMs) / stepMs),
});

/** In a month that lacks the anchor's day, its last day takes the place. */
const monthSteps = (step: number, anchorMs: number): Steps => {
  const anchorDay = new Date(anchorMs).getUTCDate();
  const anchorMonth = monthOf(anchorMs);
  const wallAt = (index: number): number => {
    const month = anchorMonth + index * step;
    const year = Math.floor(month / 12);
    const monthOfYear = month - year * 12;
    const day = Math.min(anchorDay, lengthOf(year, monthOfYear + 1));
    return new Date(anchorMs).setUTCFullYear(year, monthOfYear, day);
  };
  const indexFrom = (wallMs: number): number => {
    const index = Math.floor((monthOf(wallMs) - anchorMonth) / step);
    return wallAt(index) < wallMs ? index + 1 : index;
  };
  return { wallAt, indexFrom };
};

/** Months since the year 0. */
const monthOf = (wallMs: number): number => {
  const date = new Date(wallMs);
  return date.getUTCFullYear() * 12 + date.getUTCMonth();
};

/** What the slots of an interval are counted from. */
type Anchor = {
  readonly atMs: number;
  /** Whether the anchor is the first slot, as `startAt` is. If not, the first slot is one interval later. */
  readonly isSlot: boolean;
};

/** The slots at an anchor and at whole intervals after it. A lookup takes constant time at any distance. */
export const intervalSlots = (interval: Interval, anchor: Anchor, zone: Zone): SlotFinder => {
  switch (interval.kind) {
    case 'elapsed':
      return elapsedSlots(interval.length, anchor.isSlot ? anchor.atMs : anchor.atMs + interval.length);
    case 'days':
    case 'months':
      return calendarSlots(interval, anchor, zone);
  }
};

const elapsedSlots = (intervalMs: number, firstMs: number): SlotFinder => ({
  first: ({ afterMs, untilMs }) => {
    const passed = afterMs < firstMs ? 0 : Math.floor((afterMs - firstMs) / intervalMs) + 1;
    const slotMs = firstMs + passed * intervalMs;
    return slotMs < untilMs ? slotMs : undefined;
  },
  last: ({ atMs, afterMs }) => {
    if (atMs < firstMs) return undefined;
    const slotMs = firstMs + Math.floor((atMs - firstMs) / intervalMs) * intervalMs;
    return slotMs > afterMs ? slotMs : undefined;
  },
  countBetween: (fromMs, toMs) => (toMs - fromMs) / intervalMs + 1,
});

/**
 * The anchor itself is a slot even if the wall clock had shown its time before. The slots after it follow the rules of
 * all wall-clock times.
 */
const calendarSlots = (interval: CalendarInterval, anchor: Anchor, zone: Zone): SlotFinder => {
  const walls = calendarWalls(interval, anchor.atMs + zone(anchor.atMs).offsetMs);
  const later = placedSlots(walls, zone);
  const isWithin = (span: { readonly afterMs: number; readonly untilMs: number }): boolean =>
    anchor.isSlot && span.afterMs < anchor.atMs && anchor.atMs < span.untilMs;
  const indexOf = (slotMs: number): number => walls.indexAt(reachedBy(zone, slotMs));
  return {
    walls,
    first: (span) => (isWithin(span) ? anchor.atMs : later.first(span)),
    last: ({ atMs, afterMs }) =>
      later.last({ atMs, afterMs }) ?? (isWithin({ afterMs, untilMs: atMs + 1 }) ? anchor.atMs : undefined),
    // If the clock skips a whole day, two daily times coincide: daily slots must be counted one by one.
    ...(isDaily(interval) ? {} : { countBetween: (fromMs, toMs) => indexOf(toMs) - indexOf(fromMs) + 1 }),
  };
};

const isDaily = ({ kind, length }: CalendarInterval): boolean => kind === 'days' && length === 1;
