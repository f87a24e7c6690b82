import { durationMs } from '../../../src/domain/duration.ts';
import type { JobDefinition } from '../../../src/domain/events/index.ts';
import type { Run } from '../simulate.ts';
import { jobHistories } from './job-history.ts';

/** A slot of an interval or of one instant that is called is such an instant, counted anew. */
export const checkSchedules = ({ events }: Pick<Run, 'events'>): string[] =>
  jobHistories(events).flatMap(({ versions, runs }) =>
    runs.flatMap(({ type, data, stream, revision }) => {
      if (type !== 'ExecutionStarted' || data.trigger !== 'schedule' || data.attempt > 1) return [];
      const version = versions.get(data.jobRevision);
      const why = version && notOf(version.definition, Date.parse(data.scheduledAt));
      return why === undefined ? [] : [`${stream}/${revision} calls ${data.scheduledAt}, which is ${why}`];
    }),
  );

/** Units of elapsed time; the others are of the calendar. */
const ELAPSED = /^\d+(s|m|h)$/;

const notOf = ({ schedule, scheduleSince, startAt, endAt }: JobDefinition, slotMs: number): string | undefined => {
  if (startAt !== undefined && slotMs < Date.parse(startAt)) return `before ${startAt}`;
  if (endAt !== undefined && slotMs >= Date.parse(endAt)) return `not before ${endAt}`;
  if (schedule === undefined) return undefined;
  if ('at' in schedule) return slotMs === Date.parse(schedule.at) ? undefined : `not ${schedule.at}`;
  if (!ELAPSED.test(schedule.every)) return undefined;
  const anchorMs = Date.parse(startAt ?? scheduleSince);
  return (slotMs - anchorMs) % durationMs(schedule.every) === 0 ? undefined : `not every ${schedule.every}`;
};
