import { readIdRanges } from '../../../src/domain/id-ranges.ts';
import type { RecordedEvent } from '../../../src/event-store/port.ts';

/**
 * Tells of a job whether a bulk has paused it that was never requested, since its process died between the two: then it
 * is paused for twelve hours, which no simulation lasts.
 */
export const pausedInVain = (events: readonly RecordedEvent[]): ((jobId: number) => boolean) => {
  const requested = new Set(
    events.flatMap(({ type, data }) => (type === 'OperationRequested' ? [data.operationId] : [])),
  );
  const paused = events.flatMap(({ type, data }) =>
    type === 'PauseSet' && data.operationId !== undefined && !requested.has(data.operationId)
      ? [readIdRanges(data.jobs ?? [])]
      : [],
  );
  return (jobId) => paused.some((jobs) => jobs.has(jobId));
};
