import { calendarWalls } from './calendar-walls.ts';
import type { CalendarInterval, Interval } from './interval.ts';
import { placedSlots, reachedBy } from './placed-slots.ts';
import type { SlotFinder } from './slot-finder.ts';
import type { Zone } from './zone.ts';

/** What the slots of an interval are counted from. */
export type Anchor = {
  readonly atMs: number;
  /** Whether the anchor is the first slot, as `startAt` is. If not, the first slot is one interval later. */
  readonly isSlot: boolean;
};

/** The slots at an anchor and at whole intervals after it. Each is found in the same time, however far it is away. */
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
    // Where the clock skips a whole day, two daily times fall together: daily slots have to be counted one by one.
    ...(isDaily(interval) ? {} : { countBetween: (fromMs, toMs) => indexOf(toMs) - indexOf(fromMs) + 1 }),
  };
};

const isDaily = ({ kind, length }: CalendarInterval): boolean => kind === 'days' && length === 1;
