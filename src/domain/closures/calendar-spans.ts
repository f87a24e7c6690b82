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

/** The dates of one version, as days since 1970, from when it was set until the next one was. */
export type CalendarPeriod = TimeSpan & { readonly days: Int32Array };

/** The period that begins with a version. */
export const beginPeriod = ({ dates, since, deleted }: CalendarVersion): CalendarPeriod => ({
  fromMs: toMs(since),
  untilMs: Number.POSITIVE_INFINITY,
  days: deleted ? new Int32Array() : Int32Array.from(dates, (date) => Date.parse(date) / DAY_MS),
});

/** The same as it ends: none but the dates that may be in it in any zone are kept, so that versions do not pile up. */
export const endPeriod = ({ fromMs, days }: CalendarPeriod, untilMs: number): CalendarPeriod => ({
  fromMs,
  untilMs,
  days: days.filter((day) => isNear(day * DAY_MS, { fromMs, untilMs })),
});

/** A version that was replaced, with none but the dates that may have held in any zone while it was there. */
export const datesUntil = <V extends Pick<CalendarVersion, 'dates' | 'since'>>(version: V, untilMs: number): V => {
  const valid = { fromMs: toMs(version.since), untilMs };
  return untilMs === Number.POSITIVE_INFINITY
    ? version
    : { ...version, dates: version.dates.filter((date) => isNear(Date.parse(date), valid)) };
};

/** The time that the dates of a calendar take in a zone. */
export const calendarSpans = (periods: readonly CalendarPeriod[], timezone: string): Spans =>
  union(periods.flatMap((period) => datesWithin(period, timezone)));

const isNear = (wallMs: number, { fromMs, untilMs }: TimeSpan): boolean =>
  wallMs + DAY_MS + APART_MS >= fromMs && wallMs - APART_MS <= untilMs;

const datesWithin = ({ days, ...period }: CalendarPeriod, timezone: string): TimeSpan[] =>
  Array.from(days).flatMap((day) => {
    const wallMs = day * DAY_MS;
    if (!isNear(wallMs, period)) return [];
    const fromMs = Math.max(dayStartMs(timezone, wallMs), period.fromMs);
    const untilMs = Math.min(dayStartMs(timezone, wallMs + DAY_MS), period.untilMs);
    return fromMs < untilMs ? [{ fromMs, untilMs }] : [];
  });
