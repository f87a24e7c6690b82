import {
  type BulkItem,
  isOperationEvent,
  type Operation,
  type OperationEvent,
} from '../../../src/domain/events/index.ts';
import { hasEnded } from '../../../src/domain/operation.ts';
import type { RecordedEvent } from '../../../src/event-store/port.ts';
import type { Run } from '../simulate.ts';

/** A bulk ends, takes each of its items once, counts it once, and asks for at most one execution for it. */
export const checkOperations = ({ events }: Run): string[] => {
  const ofStreams = Map.groupBy(events.filter(isOfOperation), ({ stream }) => stream);
  return [...ofStreams].flatMap(([stream, ofStream]) => amiss(ofStream, events).map((what) => `${stream} ${what}`));
};

const isOfOperation = (event: RecordedEvent): event is RecordedEvent<OperationEvent> => isOperationEvent(event);

const amiss = (ofStream: readonly RecordedEvent<OperationEvent>[], events: Run['events']): string[] => {
  const last = ofStream.at(-1)?.data;
  if (last === undefined || !hasEnded(last)) return ['has not ended'];
  const planned = ofStream.flatMap(({ type, data }) => (type === 'OperationProgressed' ? data.planned : []));
  const names = planned.map(nameOf);
  const counted = last.done + Object.values(last.rejected).reduce((sum, count) => sum + count, 0);
  return [
    ...(ofStream.filter(({ type }) => type === 'OperationEnded').length === 1 ? [] : ['ended more than once']),
    ...(last.status === 'completed' ? [] : [`is ${last.status}`]),
    ...(new Set(names).size === names.length ? [] : ['planned an item twice']),
    ...(counted === planned.length ? [] : [`counted ${counted} items of ${planned.length}`]),
    ...executionsAmiss(last, events),
  ];
};

/**
 * As many executions as items are done, for each of another one. A process that was frozen may ask for an execution that
 * another one was rejected meanwhile, since the job was paused then: the item counts as rejected, and is done later. It also
 * counts as rejected where the request is recorded, and nobody can read it before it is counted.
 */
const executionsAmiss = ({ work, correlationId, done, rejected }: Operation, events: Run['events']): string[] => {
  if (work.action !== 'trigger' && work.action !== 'rerun') return [];
  const requested = events.flatMap((event) =>
    event.type === 'ExecutionRequested' && event.metadata.correlationId === correlationId
      ? [event.data.rerunOf ?? event.data.jobId]
      : [],
  );
  return [
    ...(requested.length >= done && requested.length <= done + (rejected.PAUSED ?? 0) + (rejected.STREAM_PARKED ?? 0)
      ? []
      : [`has ${done} items done, and asked for ${requested.length} executions`]),
    ...(new Set(requested).size === requested.length ? [] : ['asked for an execution twice']),
  ];
};

const nameOf = (item: BulkItem): string => `${item.of} ${item.of === 'job' ? item.jobId : item.executionId}`;
