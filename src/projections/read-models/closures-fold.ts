import { isCalendarEvent, isPauseEvent } from '../../domain/events/families.ts';
import type { Calendar, Pause } from '../../domain/events/index.ts';
import type { RecordedEvent } from '../../event-store/port.ts';

/** The dates of a calendar, and how long slots were judged by them. */
export type CalendarRow = Calendar & {
  readonly revision: number;
  /** There is no calendar from `since` on. */
  readonly deleted: boolean;
  /** When the next version began; undefined for the newest so far. */
  readonly until?: string;
};

export type PauseRow = Pause & { readonly revision: number };

export type ClosureChanges = {
  /** Oldest first. */
  readonly calendars: readonly CalendarRow[];
  readonly pauses: ReadonlyMap<number, PauseRow>;
};

/**
 * Folds the events of calendars and pauses. Each event of a calendar is a version that the next one ends; the last
 * event of a pause holds it whole.
 */
export const foldClosures = (events: readonly RecordedEvent[]): ClosureChanges | undefined => {
  const calendars: CalendarRow[] = [];
  const newest = new Map<string, number>();
  const pauses = new Map<number, PauseRow>();
  for (const event of events) {
    if (isPauseEvent(event)) pauses.set(event.data.pauseId, { ...event.data, revision: event.revision });
    if (!isCalendarEvent(event)) continue;
    const { stream, revision, data } = event;
    const before = newest.get(stream);
    const ended = before === undefined ? undefined : calendars[before];
    if (before !== undefined && ended) calendars[before] = { ...ended, until: data.since };
    newest.set(stream, calendars.push({ ...data, revision, deleted: event.type === 'CalendarDeleted' }) - 1);
  }
  return calendars.length + pauses.size === 0 ? undefined : { calendars, pauses };
};
