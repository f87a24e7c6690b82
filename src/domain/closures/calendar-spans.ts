import type { Calendar } from '../events/index.ts';
import { dayStartMs } from '../schedule/index.ts';
import { toMs } from '../values.ts';
import { type Spans, type TimeSpan, union } from './spans.ts';

/** The dates of a calendar from `since` on, until its next version. */
export type CalendarVersion = Pick<Calendar, 'tenant' | 'name' | 'dates' | 'since'> & {
  /** Of its event in the calendar's stream. */
  readonly revision: number;
  /** There is no calendar from `since` on. */
  readonly deleted: boolean;
};

const DAY_MS = 86_400_000;
/** A day of any zone begins within this time of the day in UTC that has its date. */
const APART_MS = DAY_MS;

/**
 * The time that the dates of a calendar take in a zone, each version's from when it was set until the next one was.
 * @param versions oldest first
 */
export const calendarSpans = (versions: readonly CalendarVersion[], timezone: string): Spans =>
  union(
    versions.flatMap((version, index) => {
      const next = versions[index + 1];
      const valid = { fromMs: toMs(version.since), untilMs: next === undefined ? Infinity : toMs(next.since) };
      return version.deleted ? [] : datesWithin(version.dates, timezone, valid);
    }),
  );

const datesWithin = (dates: readonly string[], timezone: string, valid: TimeSpan): TimeSpan[] =>
  dates.flatMap((date) => {
    const wallMs = Date.parse(date);
    if (wallMs + DAY_MS + APART_MS < valid.fromMs || wallMs - APART_MS > valid.untilMs) return [];
    const fromMs = Math.max(dayStartMs(timezone, wallMs), valid.fromMs);
    const untilMs = Math.min(dayStartMs(timezone, wallMs + DAY_MS), valid.untilMs);
    return fromMs < untilMs ? [{ fromMs, untilMs }] : [];
  });
