import type { EventOf } from '../../src/domain/events/index.ts';
import type { NewEvent } from '../../src/event-store/port.ts';
import { rewriting } from './planted-bugs.ts';
import type { Sabotage } from './sabotage.ts';

/** Bugs of what keeps jobs from being called: calendars and pauses. */

/** One engine hears of no pause that is set while it runs, and tells all the same how far it is in the log. */
export const pauseUnseenByOne: Sabotage = {
  store: (store, _, process) =>
    process === 'engine-1'
      ? {
          ...store,
          subscribe: ({ streamPrefixes, ...options }) =>
            store.subscribe({
              ...options,
              ...(streamPrefixes && { streamPrefixes: streamPrefixes.filter((prefix) => prefix !== 'pause-') }),
            }),
        }
      : store,
};

/** Slots that a calendar leaves out are said to be paused. */
export const calendarTakenForPause: Sabotage = rewriting((events) =>
  events.map((event) => (isLeftOut(event) ? { ...event, data: { ...event.data, reason: 'PAUSED' } } : event)),
);

const isLeftOut = (event: NewEvent): event is NewEvent<EventOf<'OccurrencesSkipped'>> =>
  event.type === 'OccurrencesSkipped' && event.data.reason === 'CALENDAR';
