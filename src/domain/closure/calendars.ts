import { isDeepStrictEqual } from 'node:util';
import { defined } from '../defined.ts';
import { changesOwner } from '../difference.ts';
import { DomainError } from '../domain-error.ts';
import { type Actor, type Calendar, type CalendarEvent, changedBy, type EventOf } from '../events/index.ts';
import { wallToInstantMs } from '../schedule/index.ts';
import { toMs } from '../values.ts';
import { type Spans, type TimeSpan, union } from './closure.ts';

/** The dates of a calendar from `updatedAt` until its next version. */
export type CalendarVersion = Pick<Calendar, 'tenant' | 'name' | 'dates' | 'updatedAt'> & {
  readonly revision: number;
  /** The calendar does not exist from `updatedAt` on. */
  readonly deleted: boolean;
};

const DAY_MS = 86_400_000;
/** In any time zone, a date begins within this time of the same date's begin in UTC. */
const APART_MS = DAY_MS;

/** The dates of one version, sorted, as days since 1970, and the time for which the version applied. */
export type CalendarPeriod = TimeSpan & { readonly days: Int32Array };

export const beginPeriod = ({ dates, updatedAt, deleted }: CalendarVersion): CalendarPeriod => ({
  fromMs: toMs(updatedAt),
  untilMs: Number.POSITIVE_INFINITY,
  days: deleted ? new Int32Array() : Int32Array.from(dates, (date) => Date.parse(date) / DAY_MS).sort(),
});

/** Ends a period. Keeps only dates that can fall in it in some time zone, so that versions stay small. */
export const endPeriod = ({ fromMs, days }: CalendarPeriod, untilMs: number): CalendarPeriod => ({
  fromMs,
  untilMs,
  days: days.filter((day) => isNear(day * DAY_MS, { fromMs, untilMs })),
});

/** A replaced version with only the dates that could apply, in any time zone, while it was current. */
export const datesUntil = <V extends Pick<CalendarVersion, 'dates' | 'updatedAt'>>(version: V, untilMs: number): V => {
  const valid = { fromMs: toMs(version.updatedAt), untilMs };
  return untilMs === Number.POSITIVE_INFINITY
    ? version
    : { ...version, dates: version.dates.filter((date) => isNear(Date.parse(date), valid)) };
};

/** Returns a calendar's spans in a window, whole, with the span before and after; may return more. */
export type CalendarSpans = (window: TimeSpan) => Spans;

/** Size of the first lookup around a window. */
const AROUND_MS = 366 * DAY_MS;

/** The time that a calendar's dates cover in a time zone. Caches the spans around the last window. */
export const calendarSpans = (periods: readonly CalendarPeriod[], timezone: string): CalendarSpans => {
  const firstMs = Math.min(...periods.map(({ days }) => days[0] ?? Number.POSITIVE_INFINITY)) * DAY_MS;
  const lastMs = Math.max(...periods.map(({ days }) => days.at(-1) ?? Number.NEGATIVE_INFINITY)) * DAY_MS;
  let looked: TimeSpan = { fromMs: Number.POSITIVE_INFINITY, untilMs: Number.NEGATIVE_INFINITY };
  let spans: Spans = [];

  /** If there are more dates than were read, the first and last span may be cut. */
  const isKnown = (window: TimeSpan): boolean =>
    (looked.fromMs <= firstMs || (spans[0]?.untilMs ?? Number.POSITIVE_INFINITY) <= window.fromMs) &&
    (looked.untilMs >= lastMs || (spans.at(-1)?.fromMs ?? Number.NEGATIVE_INFINITY) >= window.untilMs);

  return (window) => {
    for (let aroundMs = AROUND_MS; !isKnown(window); aroundMs *= 4) {
      looked = { fromMs: window.fromMs - aroundMs, untilMs: window.untilMs + aroundMs };
      spans = union(periods.flatMap((period) => datesWithin(period, timezone, looked)));
    }
    return spans;
  };
};

const isNear = (wallMs: number, { fromMs, untilMs }: TimeSpan): boolean =>
  wallMs + DAY_MS + APART_MS >= fromMs && wallMs - APART_MS <= untilMs;

const datesWithin = ({ days, ...period }: CalendarPeriod, timezone: string, looked: TimeSpan): TimeSpan[] =>
  Array.from(days.filter((day) => day * DAY_MS >= looked.fromMs && day * DAY_MS <= looked.untilMs)).flatMap((day) => {
    const wallMs = day * DAY_MS;
    if (!isNear(wallMs, period)) return [];
    const fromMs = Math.max(wallToInstantMs(timezone, wallMs), period.fromMs);
    const untilMs = Math.min(wallToInstantMs(timezone, wallMs + DAY_MS), period.untilMs);
    return fromMs < untilMs ? [{ fromMs, untilMs }] : [];
  });

/** Returns the calendar after one of its events; `undefined` once it is deleted. */
export const evolveCalendar = (event: CalendarEvent): Calendar | undefined => {
  switch (event.type) {
    case 'CalendarSet':
      return event.data;
    case 'CalendarDeleted':
      return undefined;
  }
};

type SetCalendarInput = Pick<Calendar, 'tenant' | 'name' | 'dates'> & {
  readonly description: string | undefined;
  readonly actor: Actor;
  readonly owner?: string | undefined;
};

/** Sets a calendar as a whole; records nothing if its dates, description and owner are unchanged. */
export const decideSetCalendar = (
  { tenant, name, dates, description, actor, owner }: SetCalendarInput,
  existing: Calendar | undefined,
  nowMs: number,
): EventOf<'CalendarSet'>[] => {
  const isSame = existing?.description === description && isDeepStrictEqual(existing?.dates, dates);
  if (isSame && !changesOwner(owner, existing)) return [];
  const calendar = { tenant, name, dates, ...defined({ description }), ...changedBy(actor, nowMs, owner) };
  return [{ type: 'CalendarSet', data: calendar }];
};

export const decideDeleteCalendar = (
  { name, actor }: { readonly name: string; readonly actor: Actor },
  existing: Calendar | undefined,
  nowMs: number,
): EventOf<'CalendarDeleted'>[] => {
  if (existing === undefined) throw new DomainError('CALENDAR_NOT_FOUND', `there is no calendar ${name}`);
  return [{ type: 'CalendarDeleted', data: { ...existing, ...changedBy(actor, nowMs) } }];
};
