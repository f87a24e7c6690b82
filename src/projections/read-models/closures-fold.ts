import { isCalendarEvent } from '../../domain/events/families.ts';
import type { Calendar } from '../../domain/events/index.ts';
import type { RecordedEvent } from '../../event-store/port.ts';

/** The dates of a calendar, and how long slots were judged by them. */
export type CalendarVersion = Calendar & {
  readonly revision: number;
  /** There is no calendar from `since` on. */
  readonly deleted: boolean;
  /** When the next version began; undefined for the newest so far. */
  readonly until?: string;
};

export type ClosureChanges = {
  /** Oldest first. */
  readonly calendars: readonly CalendarVersion[];
};

/** Folds the events of calendars: each is a version that the next one of its calendar ends. */
export const foldClosures = (events: readonly RecordedEvent[]): ClosureChanges | undefined => {
  const calendars: CalendarVersion[] = [];
  const newest = new Map<string, number>();
  for (const event of events) {
    if (!isCalendarEvent(event)) continue;
    const { stream, revision, data } = event;
    const before = newest.get(stream);
    const ended = before === undefined ? undefined : calendars[before];
    if (before !== undefined && ended) calendars[before] = { ...ended, until: data.since };
    newest.set(stream, calendars.push({ ...data, revision, deleted: event.type === 'CalendarDeleted' }) - 1);
  }
  return calendars.length === 0 ? undefined : { calendars };
};
