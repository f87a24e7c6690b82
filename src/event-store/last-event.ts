import { StreamParked } from './errors.ts';
import type { EventStore, RecordedEvent } from './port.ts';

/**
 * Returns the decoded event, and throws it if it is a StreamParked.
 * @throws StreamParked
 */
export const readable = <T>(read: T | StreamParked): T => {
  if (read instanceof StreamParked) throw read;
  return read;
};

/**
 * Reads the last event of a stream; undefined if there is none, or if only a newer release knows its type.
 * @throws StreamParked if the event is unreadable
 */
export const lastEventOf = async (store: EventStore, stream: string): Promise<RecordedEvent | undefined> => {
  const [last] = await store.readLast([stream]);
  return readable(last);
};
