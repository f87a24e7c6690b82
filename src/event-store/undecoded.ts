import type { Codec, DecodedEvent, RawEvent } from './codec.ts';
import type { RecordedEvent } from './port.ts';

/** An event as it is stored, for `decodedOf`. Only its place is real; `type`, `data` and `metadata` are placeholders. */
export type UndecodedEvent = RecordedEvent & {
  readonly stored: RawEvent;
  readonly codec: Pick<Codec, 'decode'>;
};

export const isUndecoded = (event: RecordedEvent): event is UndecodedEvent => 'stored' in event;

/**
 * Decodes an event that was read as `undecoded`.
 * @throws UnreadableEvent if it requires a newer reader
 */
export const decodedOf = (event: RecordedEvent): DecodedEvent | undefined =>
  isUndecoded(event) ? event.codec.decode(event.stored) : event;
