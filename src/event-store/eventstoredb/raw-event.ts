import type { AllStreamRecordedEvent, RecordedEvent } from '@eventstore/db-client';
import { positionOf } from '../port.ts';
import type { StoredEvent } from '../stored-event.ts';

/** An event as the client returns it, from a stream or from `$all`. */
export type ClientEvent = RecordedEvent | AllStreamRecordedEvent;

/** Tells whether the server wrote the event itself, such as a tombstone. Our own event types never begin with `$`. */
export const isSystemEvent = ({ type }: ClientEvent): boolean => type.startsWith('$');

/** @param prefix the prefix of each stream's name, which is removed */
export const storedEvent = (event: ClientEvent, prefix: string): StoredEvent => ({
  id: event.id,
  type: event.type,
  stream: event.streamId.slice(prefix.length),
  revision: Number(event.revision),
  position: positionOf(event.position?.commit ?? 0n),
  recordedAt: event.created.getTime(),
  data: stored(event.data),
  metadata: stored(event.metadata),
});

/** Returns the JSON that the client parsed, or the text if it could not, so that the codec reports what is wrong. */
const stored = (value: unknown): string | object => {
  if (value instanceof Uint8Array) return Buffer.from(value).toString();
  return typeof value === 'object' && value !== null ? value : String(value);
};
