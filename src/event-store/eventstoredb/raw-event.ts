import type { AllStreamRecordedEvent, RecordedEvent } from '@eventstore/db-client';
import type { StoredEvent } from '../codec.ts';
import { positionOf } from '../port.ts';

/** An event as the client gives it, whichever way it was read. */
export type ClientEvent = RecordedEvent | AllStreamRecordedEvent;

/** What the server writes for itself, tombstones among it; no event of ours begins so. */
export const isSystemEvent = ({ type }: ClientEvent): boolean => type.startsWith('$');

/** @param prefix stands before each stream's name */
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

/** As the client has parsed it; text where it could not, so that the codec says what is wrong with it. */
const stored = (value: unknown): string | object => {
  if (value instanceof Uint8Array) return Buffer.from(value).toString();
  return typeof value === 'object' && value !== null ? value : String(value);
};
