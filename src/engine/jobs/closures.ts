import { type Blackouts, NO_CLOSURES } from '../../domain/closure/closure.ts';
import {
  type ClosableJob,
  type ClosureBook,
  calendarNames,
  createClosureBook,
} from '../../domain/closure/closure-book.ts';
import { choiceOfPause, type PausableJob, scopeOfPause, scopesOfJob } from '../../domain/closure/pauses.ts';
import type { CalendarEvent, PauseEvent } from '../../domain/events/index.ts';
import { timezoneOfKey } from '../../domain/schedule/index.ts';
import type { RecordedEvent } from '../../event-store/port.ts';
import type { LoadedClosures } from '../ports.ts';
import type { EngineJob } from './job-records.ts';

/** What closes spans of time to the jobs of this engine, as far as its subscription has come. */
export type ClosureTable = {
  load(loaded: LoadedClosures): void;
  /**
   * Takes a change of a calendar or a pause.
   * @returns whether a job is among those that it is for; undefined if nothing is new
   */
  apply(event: RecordedEvent<CalendarEvent | PauseEvent>): ((job: EngineJob) => boolean) | undefined;
  /** The closures of a job's slots, by the newest definition. */
  closuresOf(job: EngineJob): Blackouts;
  /** The same by any definition. */
  closuresBy: ClosureBook['closuresOf'];
  /** Since when the dates apply that move a job's slots, epoch ms; -Infinity if no calendar moves them. */
  datesSinceMs(job: EngineJob): number;
  /** Whether any pause is known. If not, no job is paused. */
  hasPauses(): boolean;
  isPaused(job: PausableJob, nowMs: number): boolean;
  /** When the pauses end that keep a job from being called, epoch ms; undefined where none does. */
  pausedUntilMs(job: PausableJob, nowMs: number): number | undefined;
};

/** Of each tenant. What is settled late is judged by pauses and calendars that have ended since: hours of them. */
const MAX_ENDED = 10_000;

export const createClosureTable = (): ClosureTable => {
  const book = createClosureBook(MAX_ENDED);
  const { pausedUntilMs } = book;

  return {
    load: ({ calendars, pauses }) => {
      calendars.forEach(book.setCalendar);
      pauses.forEach(book.setPause);
    },
    apply: (event) => {
      switch (event.type) {
        case 'CalendarSet':
        case 'CalendarDeleted': {
          const { data, revision, type } = event;
          if (!book.setCalendar({ ...data, revision, deleted: type === 'CalendarDeleted' })) return undefined;
          return ({ tenant, rules }) => tenant === data.tenant && calendarNames(rules.calendar).includes(data.name);
        }
        case 'PauseSet':
        case 'PauseLifted': {
          if (!book.setPause({ ...event.data, revision: event.revision })) return undefined;
          const scope = scopeOfPause(event.data);
          return choiceOfPause(event.data) ?? ((job) => scopesOfJob(job).includes(scope));
        }
      }
    },
    closuresOf: (job) =>
      job.rules.calendar === undefined && !book.hasPauses() ? NO_CLOSURES : book.closuresOf(closable(job)),
    closuresBy: book.closuresOf,
    datesSinceMs: (job) => book.datesSinceMs(closable(job)),
    hasPauses: book.hasPauses,
    isPaused: (job, nowMs) => pausedUntilMs(job, nowMs) !== undefined,
    pausedUntilMs,
  };
};

const closable = ({
  tenant,
  applicationId,
  jobId,
  target,
  labelsText,
  rules,
  scheduleKey,
}: EngineJob): ClosableJob => ({
  tenant,
  applicationId,
  jobId,
  target,
  labelsText,
  calendar: rules.calendar,
  // Only slots are judged by dates, and a job without a schedule in force has none.
  timezone: scheduleKey === undefined ? 'UTC' : timezoneOfKey(scheduleKey),
});
