import type { Codec } from './codec.ts';
import { StreamParked, UnreadableEvent } from './errors.ts';
import type {
  DecodedEvent,
  Delivered,
  DeliveredAs,
  ReadTextEvent,
  RecordedEvent,
  TextEvent,
  UndecodedEvent,
} from './port.ts';
import type { RawEvent, StoredEvent } from './stored-event.ts';

/** Reads stored events in one form; `undefined` for an event that is skipped. */
export type ReadAs<E> = (stored: StoredEvent) => E | StreamParked | undefined;

/** Reads stored events in each form. */
export type FormReaders = { readonly [A in DeliveredAs]: ReadAs<Delivered[A]> };

export const createFormReaders = (codec: Codec): FormReaders => ({
  events: codec.decode,
  parking: (stored) => parkNewer(stored, codec.decode),
  undecoded: (stored) => (isRaw(stored) ? toUndecodedEvent(stored, codec) : codec.decode(stored)),
  texts: toTextEvent,
  both: (stored) => toReadTextEvent(stored, codec.decode(stored)),
});

/** Selects the entry of a form, such as its reader; by default that of events. */
export function ofForm<Forms extends Readonly<Record<DeliveredAs, unknown>>, A extends DeliveredAs = 'events'>(
  forms: Forms,
  as?: A,
): Forms[A];
export function ofForm(forms: Readonly<Record<DeliveredAs, unknown>>, as: DeliveredAs = 'events'): unknown {
  return forms[as];
}

/** Decodes an event. Parks its stream if it requires a newer reader. */
export const parkNewer = (
  stored: StoredEvent,
  decode: (stored: StoredEvent) => DecodedEvent | undefined,
): DecodedEvent | undefined => {
  try {
    return decode(stored);
  } catch (error) {
    if (error instanceof UnreadableEvent) return new StreamParked({ ...stored, why: error.message });
    throw error;
  }
};

/** Returns an event of any type and version as its texts, without parsing them. */
export const toTextEvent = (stored: StoredEvent): TextEvent => {
  const { id, stream, revision, position, recordedAt, type, data, metadata } = stored;
  const texts = { type, data: textOf(data), metadata: textOf(metadata) };
  return { type: 'texts', id, stream, revision, position, recordedAt, texts };
};

/** @param read the codec's result for the event */
export const toReadTextEvent = (stored: StoredEvent, read: DecodedEvent | undefined): ReadTextEvent => ({
  ...toTextEvent(stored),
  read,
});

const toUndecodedEvent = (stored: RawEvent, codec: Codec): UndecodedEvent => {
  const { id, stream, revision, position, recordedAt } = stored;
  return { type: 'undecoded', id, stream, revision, position, recordedAt, stored, codec };
};

/**
 * Decodes an event that was delivered as `undecoded`.
 * @throws UnreadableEvent if it requires a newer reader
 */
export const decodedOf = (event: RecordedEvent | UndecodedEvent): DecodedEvent | undefined =>
  event.type === 'undecoded' ? event.codec.decode(event.stored) : event;

/** Only events that were not parsed by a client can stay undecoded. */
const isRaw = (stored: StoredEvent): stored is RawEvent =>
  typeof stored.data === 'string' && typeof stored.metadata === 'string';

/** The clients of some logs parse JSON. Serializing it restores the text, because the same function wrote it. */
const textOf = (stored: string | object): string => (typeof stored === 'string' ? stored : JSON.stringify(stored));
