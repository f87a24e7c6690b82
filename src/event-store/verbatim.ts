import type { Codec, EncodedEvent, StoredEvent } from './codec.ts';
import type { RecordedEvent } from './port.ts';

/** An event with the texts that the log has of it. What else it says of its type, data and metadata stands for nothing. */
export type VerbatimEvent = RecordedEvent & { readonly texts: EncodedEvent };

/** Stands where a type is expected. Whoever passes events on verbatim looks at their texts. */
export const envelopeOf = (id: string) =>
  ({
    type: 'LogCreated',
    data: { id },
    id,
    metadata: { actor: { type: 'system', name: 'carillon' }, correlationId: id },
  }) as const;

/** Decodes every event, whatever its type and version, to its texts as they are stored, without parsing them. */
export const decodeVerbatim: Codec['decode'] = (stored): VerbatimEvent => {
  const { id, stream, revision, position, recordedAt } = stored;
  return { ...envelopeOf(id), stream, revision, position, recordedAt, texts: textsOf(stored) };
};

/** A codec for logs that are only read. */
export const verbatimCodec: Codec = {
  encode: () => {
    throw new TypeError('this log is only read');
  },
  decode: decodeVerbatim,
};

/**
 * Returns the texts of an event.
 * @throws TypeError for one that another codec decoded
 */
export const verbatimTexts = (event: RecordedEvent): EncodedEvent => {
  if (!isVerbatim(event)) throw new TypeError('this event was not read verbatim');
  return event.texts;
};

const isVerbatim = (event: RecordedEvent): event is VerbatimEvent => 'texts' in event;

const textsOf = ({ type, data, metadata }: StoredEvent): EncodedEvent => ({
  type,
  data: textOf(data),
  metadata: textOf(metadata),
});

/** The clients of some logs parse JSON. What they parsed has its text again: it was written by the same function. */
const textOf = (stored: string | object): string => (typeof stored === 'string' ? stored : JSON.stringify(stored));
