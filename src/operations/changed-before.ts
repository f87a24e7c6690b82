import type { BulkItem, DomainEvent, Operation } from '../domain/events/index.ts';
import { jobStream, runsStream } from '../domain/streams.ts';
import { lastEventOf } from '../event-store/last-event.ts';
import { comparePositions, type EventStore, type Position } from '../event-store/port.ts';

/** An item of an operation, and where in the log the operation was requested. */
export type ItemOf = { readonly operation: Operation; readonly item: BulkItem; readonly requestedAt: Position };

/**
 * Whether the operation has changed the item: the item's stream says so by an event under the operation's correlation
 * id, later than the request for it. So what a process that died has done is known, and nothing is done twice.
 */
export const isChangedBefore = async (
  store: EventStore,
  { operation: { work, correlationId }, item, requestedAt }: ItemOf,
): Promise<boolean> => {
  const changes = changeOf(work.action, item);
  const isEarlier = ({ position }: { readonly position: Position }): boolean =>
    comparePositions(position, requestedAt) <= 0;
  // Undefined also where the last event is one that only a newer release knows.
  const last = await lastEventOf(store, changes.stream);
  if (last !== undefined && isEarlier(last)) return false;
  for await (const event of store.readStream(changes.stream, { direction: 'backwards' })) {
    if (isEarlier(event)) return false;
    if (event.metadata.correlationId === correlationId && changes.is(event)) return true;
  }
  return false;
};

type ItemChange = { readonly stream: string; readonly is: (event: DomainEvent) => boolean };

/** The event by which an action changes an item, and the stream that has it. */
const changeOf = (action: Operation['work']['action'], item: BulkItem): ItemChange => {
  const { jobId } = item;
  const executionId = item.of === 'execution' ? item.executionId : undefined;
  switch (action) {
    case 'enable':
      return { stream: jobStream(jobId), is: ({ type }) => type === 'JobEnabled' };
    case 'disable':
      return { stream: jobStream(jobId), is: ({ type }) => type === 'JobDisabled' };
    case 'label':
      return { stream: jobStream(jobId), is: ({ type }) => type === 'JobUpdated' };
    case 'delete':
      return { stream: jobStream(jobId), is: ({ type }) => type === 'JobDeleted' };
    case 'trigger':
    case 'rerun':
      return {
        stream: runsStream(jobId),
        is: ({ type, data }) => type === 'ExecutionRequested' && data.rerunOf === executionId,
      };
    case 'cancel':
      return {
        stream: runsStream(jobId),
        is: ({ type, data }) =>
          (type === 'CancelRequested' || type === 'ExecutionCancelled') && data.executionId === executionId,
      };
  }
};
