import { isCalendarEvent, isPauseEvent } from '../../domain/events/families.ts';
import type { RecordedEvent } from '../../event-store/port.ts';
import { type CalendarChange, calendarRecord, type PauseChange, pauseRecord } from '../queries/records/closures.ts';

export type ClosureChanges = {
  /** Oldest first. */
  readonly calendars: readonly CalendarChange[];
  readonly pauses: ReadonlyMap<number, PauseChange>;
};

/**
 * Folds the events of calendars and pauses. Each event of a calendar is a version that the next one ends; the last
 * event of a pause holds it whole.
 */
export const foldClosures = (events: readonly RecordedEvent[]): ClosureChanges | undefined => {
  const calendars: CalendarChange[] = [];
  const newest = new Map<string, number>();
  const pauses = new Map<number, PauseChange>();
  for (const event of events) {
    if (isPauseEvent(event))
      pauses.set(event.data.pauseId, { ...pauseRecord.blank, ...event.data, revision: event.revision });
    if (!isCalendarEvent(event)) continue;
    const { stream, revision, data } = event;
    const before = newest.get(stream);
    const ended = before === undefined ? undefined : calendars[before];
    if (before !== undefined && ended) calendars[before] = { ...ended, until: data.since };
    const deleted = event.type === 'CalendarDeleted';
    const version = { ...calendarRecord.blank, ...data, dateCount: data.dates.length, revision, deleted };
    newest.set(stream, calendars.push(version) - 1);
  }
  return calendars.length + pauses.size === 0 ? undefined : { calendars, pauses };
};
