import { StreamParked } from './errors.ts';
import type { EventStore, RecordedEvent } from './port.ts';

/**
 * What was read, where it can be.
 * @throws StreamParked in its place
 */
export const readable = <T>(read: T | StreamParked): T => {
  if (read instanceof StreamParked) throw read;
  return read;
};

/**
 * The last event of a stream, undefined where there is none.
 * @throws StreamParked when it can't be read
 */
export const lastEventOf = async (
  store: Pick<EventStore, 'readLast'>,
  stream: string,
): Promise<RecordedEvent | undefined> => {
  const [last] = await store.readLast([stream]);
  return readable(last);
};
