import { type Blackout, type Blackouts, withoutHolds } from '../../src/domain/closure/closure.ts';
import type { EventOf, RunEvent } from '../../src/domain/events/index.ts';
import { toInstant, toMs } from '../../src/domain/values.ts';
import type { NewEvent } from '../../src/event-store/port.ts';
import { EPOCH_MS } from './clocks.ts';
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

/** Of jobs that name a calendar an engine takes the time until a minute ago for a closure of whatever it looks at. */
export const closedElsewhere: Sabotage = {
  closures: (closures) => ({
    ...closures,
    closuresOf: (job) => (job.rules.calendar === undefined ? closures.closuresOf(job) : UNTIL_A_MINUTE_AGO),
  }),
};

const UNTIL_A_MINUTE_AGO: Blackouts = (afterMs) => [
  { fromMs: Number.NEGATIVE_INFINITY, untilMs: afterMs - 60_000, reason: 'CALENDAR' },
];

/** Slots that a calendar leaves out are said to be paused. */
export const calendarTakenForPause: Sabotage = rewriting((events) =>
  events.map((event) => (isLeftOut(event) ? { ...event, data: { ...event.data, reason: 'PAUSED' } } : event)),
);

const isLeftOut = (event: NewEvent): event is NewEvent<EventOf<'OccurrencesSkipped'>> =>
  event.type === 'OccurrencesSkipped' && event.data.reason === 'CALENDAR';

/** An engine takes what a pause holds back for skipped. */
export const heldBackInVain: Sabotage = {
  closures: (closures) => ({ ...closures, closuresOf: (job) => withoutHolds(closures.closuresOf(job)) }),
};

/** The claim of a slot that is called late leaves it with those that are still to be called. */
export const caughtUpTwice: Sabotage = rewriting((events) =>
  events.map((event): NewEvent<RunEvent> => {
    if (event.type !== 'ExecutionStarted' || event.data.late !== 'PAUSED') return event;
    const { tail, scheduledAt } = event.data;
    const again = { after: toInstant(toMs(scheduledAt) - 1), until: scheduledAt };
    return { ...event, data: { ...event.data, tail: { ...tail, catchUp: [again, ...(tail.catchUp ?? [])] } } };
  }),
);

/** What is still to be called is forgotten with the first call after a pause. */
export const catchUpForgotten: Sabotage = rewriting((events) =>
  events.map((event): NewEvent<RunEvent> => {
    if (event.type !== 'ExecutionStarted' || event.data.late !== 'PAUSED') return event;
    const { catchUp: _, ...tail } = event.data.tail;
    return { ...event, data: { ...event.data, tail } };
  }),
);

/** The claim of a slot that a calendar moved leaves it unsettled. */
export const movedTwice: Sabotage = rewriting((events) =>
  events.map((event): NewEvent<RunEvent> => {
    if (event.type !== 'ExecutionStarted' || event.data.dueAt === undefined) return event;
    const { tail, scheduledAt } = event.data;
    return { ...event, data: { ...event.data, tail: { ...tail, cursor: toInstant(toMs(scheduledAt) - 1) } } };
  }),
);

/** Slots stay on the days that the calendar which moves them excludes. */
export const calledOnClosedDays: Sabotage = {
  closures: (closures) => ({
    ...closures,
    closuresOf: (job) => {
      const blackouts = closures.closuresOf(job);
      if (job.rules.calendar?.shift === undefined) return blackouts;
      return (afterMs, untilMs) => blackouts(afterMs, untilMs).filter(({ reason }) => reason !== 'CALENDAR');
    },
  }),
};

/** An engine takes the slots that move from around a day for those of the days after it. */
export const movedOutOfSight: Sabotage = {
  closures: (closures) => ({
    ...closures,
    closuresOf: (job) => {
      const blackouts = closures.closuresOf(job);
      if (job.rules.calendar?.shift !== 'next') return blackouts;
      const today: Blackout = { fromMs: EPOCH_MS, untilMs: EPOCH_MS + 86_400_000, reason: 'CALENDAR' };
      const isNow = (afterMs: number, untilMs: number) => afterMs < today.untilMs && untilMs >= today.fromMs;
      return (afterMs, untilMs) => [...blackouts(afterMs, untilMs), ...(isNow(afterMs, untilMs) ? [today] : [])];
    },
  }),
};
