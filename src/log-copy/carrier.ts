import { CARILLON } from '../domain/events/index.ts';
import type { Codec } from '../event-store/codec.ts';
import type { NewEvent } from '../event-store/port.ts';
import type { EncodedEvent } from '../event-store/stored-event.ts';

/** Appends events as their stored texts, without parsing them, whatever their types and versions. */
export type Carrier = {
  /** The codec of both logs. Read events as texts: of what it decodes, only the place in the log is real. */
  readonly codec: Codec;
  /** Creates an event that this codec encodes as these texts. */
  carry(id: string, texts: EncodedEvent): NewEvent;
};

/** The type, data and metadata of events that stand for their texts. */
const placeholder = () =>
  ({ type: 'LogCreated', data: { id: '' }, metadata: { actor: CARILLON, correlationId: '' } }) as const;

export const createCarrier = (): Carrier => {
  const carried = new WeakMap<NewEvent, EncodedEvent>();
  return {
    codec: {
      encode: (event) => {
        const texts = carried.get(event);
        if (texts === undefined) throw new TypeError('this event was not copied');
        return texts;
      },
      decode: ({ id, stream, revision, position, recordedAt }) => ({
        ...placeholder(),
        id,
        stream,
        revision,
        position,
        recordedAt,
      }),
    },
    carry: (id, texts) => {
      const event = { ...placeholder(), id };
      carried.set(event, texts);
      return event;
    },
  };
};
