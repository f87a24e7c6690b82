import type { Codec, EncodedEvent, StoredEvent } from '../event-store/codec.ts';
import type { NewEvent, RecordedEvent } from '../event-store/port.ts';

/** A codec that passes events on as their stored texts, without parsing them, whatever their types and versions. */
export type Carrier = {
  readonly codec: Codec;
  /** Returns the stored texts of an event that this codec decoded. */
  textsOf(event: RecordedEvent): EncodedEvent;
  /** Creates an event that this codec encodes as these texts. */
  carry(id: string, texts: EncodedEvent): NewEvent;
};

export const createCarrier = (): Carrier => {
  const texts = new WeakMap<object, EncodedEvent>();
  const textsOf = (event: object): EncodedEvent => {
    const found = texts.get(event);
    if (found === undefined) throw new Error('this event was not carried');
    return found;
  };
  const envelope = (id: string) =>
    ({
      type: 'LogCreated',
      data: { id },
      id,
      metadata: { actor: { type: 'system', name: 'log copy' }, correlationId: id },
    }) as const;
  return {
    codec: {
      encode: textsOf,
      decode: ({ type, data, metadata, id, stream, revision, position, recordedAt }: StoredEvent) => {
        const event = { ...envelope(id), stream, revision, position, recordedAt };
        texts.set(event, { type, data: textOf(data), metadata: textOf(metadata) });
        return event;
      },
    },
    textsOf,
    carry: (id, eventTexts) => {
      const event = envelope(id);
      texts.set(event, eventTexts);
      return event;
    },
  };
};

const textOf = (stored: string | object): string => (typeof stored === 'string' ? stored : JSON.stringify(stored));
