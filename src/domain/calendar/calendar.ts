import type { Calendar, CalendarEvent } from '../events/index.ts';

/** The calendar after one of its events: undefined once it is deleted. */
export const evolveCalendar = (event: CalendarEvent): Calendar | undefined => {
  switch (event.type) {
    case 'CalendarSet':
      return event.data;
    case 'CalendarDeleted':
      return undefined;
  }
};
