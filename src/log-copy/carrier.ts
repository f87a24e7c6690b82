import type { Codec, EncodedEvent } from '../event-store/codec.ts';
import type { NewEvent, RecordedEvent } from '../event-store/port.ts';
import { decodeVerbatim, envelopeOf, verbatimTexts } from '../event-store/verbatim.ts';

/** A codec that passes events on as their stored texts, without parsing them, whatever their types and versions. */
export type Carrier = {
  readonly codec: Codec;
  /** Returns the stored texts of an event that this codec decoded. */
  textsOf(event: RecordedEvent): EncodedEvent;
  /** Creates an event that this codec encodes as these texts. */
  carry(id: string, texts: EncodedEvent): NewEvent;
};

export const createCarrier = (): Carrier => {
  const carried = new WeakMap<NewEvent, EncodedEvent>();
  return {
    codec: {
      encode: (event) => {
        const texts = carried.get(event);
        if (texts === undefined) throw new TypeError('this event was not carried');
        return texts;
      },
      decode: decodeVerbatim,
    },
    textsOf: verbatimTexts,
    carry: (id, texts) => {
      const event = envelopeOf(id);
      carried.set(event, texts);
      return event;
    },
  };
};
