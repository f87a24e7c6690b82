import type { Codec, EncodedEvent, StoredEvent } from '../event-store/codec.ts';
import type { NewEvent, RecordedEvent } from '../event-store/port.ts';

/** A codec that carries events past the schemas, whatever their types and versions, with their texts as they are. */
export type Carrier = {
  readonly codec: Codec;
  /** What an event that came through this codec says. */
  textsOf(event: RecordedEvent): EncodedEvent;
  /** An event that this codec writes down with these texts. */
  carry(id: string, texts: EncodedEvent): NewEvent;
};

export const createCarrier = (): Carrier => {
  const texts = new WeakMap<object, EncodedEvent>();
  const known = (event: object): EncodedEvent => {
    const found = texts.get(event);
    if (found === undefined) throw new Error('this event was not carried');
    return found;
  };
  const disguised = (id: string) =>
    ({
      type: 'LogCreated',
      data: { id },
      id,
      metadata: { actor: { type: 'system', name: 'log copy' }, correlationId: id },
    }) as const;
  return {
    codec: {
      encode: known,
      decode: ({ type, data, metadata, id, stream, revision, position, recordedAt }: StoredEvent) => {
        const event = { ...disguised(id), stream, revision, position, recordedAt };
        texts.set(event, { type, data: textOf(data), metadata: textOf(metadata) });
        return event;
      },
    },
    textsOf: known,
    carry: (id, said) => {
      const event = disguised(id);
      texts.set(event, said);
      return event;
    },
  };
};

const textOf = (stored: string | object): string => (typeof stored === 'string' ? stored : JSON.stringify(stored));
