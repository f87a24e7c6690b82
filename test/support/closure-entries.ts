import type { Calendar, Pause } from '../../src/domain/events/index.ts';
import { calendarStream, pauseStream } from '../../src/domain/streams.ts';
import type { Entry } from './entry.ts';

/** A change of a calendar, as its stream has it. */
export const calendarEntry = (
  other: Partial<Calendar> = {},
  type: 'CalendarSet' | 'CalendarDeleted' = 'CalendarSet',
): Entry => {
  const data: Calendar = {
    tenant: 'acme',
    name: 'holidays',
    dates: ['2026-03-02'],
    updatedAt: '2026-03-01T08:00:00.000Z',
    updatedBy: 'ann',
    ...other,
  };
  return { stream: calendarStream(data.tenant, data.name), event: { type, data } };
};

/** A change of a pause, as its stream has it. */
export const pauseEntry = (other: Partial<Pause> = {}, type: 'PauseSet' | 'PauseLifted' = 'PauseSet'): Entry => {
  const data: Pause = {
    pauseId: 1,
    tenant: 'acme',
    scope: 'tenant',
    createdAt: '2026-03-01T08:00:00.000Z',
    createdBy: 'ann',
    ...other,
  };
  return { stream: pauseStream(data.pauseId), event: { type, data } };
};
