import type { CalendarInterval } from './interval.ts';
import type { Walls } from './slot-finder.ts';
import { lengthOf } from './wall-times.ts';

const DAY_MS = 86_400_000;

/** The wall-clock times at whole intervals after an anchor, which has the index 0 and is not among them. */
export type CalendarWalls = Walls & {
  /** The index of the last one at or before a wall-clock time; 0 if it is before the first one. */
  readonly indexAt: (wallMs: number) => number;
};

type Steps = {
  readonly wallAt: (index: number) => number;
  /** The least index whose time is at or after `wallMs`; below 0 if that is before the anchor. */
  readonly indexFrom: (wallMs: number) => number;
};

/**
 * The wall-clock times of an interval in days or months.
 * @param anchorMs wall-clock time
 */
export const calendarWalls = ({ kind, length }: CalendarInterval, anchorMs: number): CalendarWalls => {
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
