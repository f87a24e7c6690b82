import { CARILLON } from '../domain/events/index.ts';
import type { Codec, DecodedEvent, EncodedEvent, RawEvent, StoredEvent } from './codec.ts';
import type { DeliveredAs, RecordedEvent } from './port.ts';
import type { UndecodedEvent } from './undecoded.ts';

/** An event as the texts in the log. Only `texts` is real; `type`, `data` and `metadata` are placeholders. */
export type VerbatimEvent = RecordedEvent & {
  readonly texts: EncodedEvent;
  /** What another codec decoded it to, where it was read by that too. */
  readonly read?: DecodedEvent | undefined;
};

const NOTHING = {
  data: { id: '' },
  metadata: { actor: CARILLON, correlationId: '' },
} as const;

/** A placeholder envelope. Code that forwards events verbatim reads `texts`. */
export const envelopeOf = (id: string) =>
  ({ type: 'LogCreated', data: NOTHING.data, id, metadata: NOTHING.metadata }) as const;

/** Decodes every event, whatever its type and version, to its texts as they are stored, without parsing them. */
export const decodeVerbatim = (stored: StoredEvent): VerbatimEvent => {
  const { id, stream, revision, position, recordedAt } = stored;
  const { data, metadata } = NOTHING;
  return { type: 'LogCreated', data, id, metadata, stream, revision, position, recordedAt, texts: textsOf(stored) };
};

/** An event as its texts, together with what was read in it. */
export const decodeWithVerbatim = (stored: StoredEvent, read: DecodedEvent | undefined): VerbatimEvent => ({
  ...decodeVerbatim(stored),
  read,
});

/** Decodes every event to its texts, together with what this codec reads in it. */
const bothCodec = (codec: Codec): Codec => ({
  encode: codec.encode,
  decode: (stored) => decodeWithVerbatim(stored, codec.decode(stored)),
});

/** Leaves events as they are stored, but for those that the client of the log has parsed already. */
const undecodedCodec = (codec: Codec): Codec => ({
  encode: codec.encode,
  decode: (stored) => {
    if (!isRaw(stored)) return codec.decode(stored);
    const { id, stream, revision, position, recordedAt } = stored;
    const undecoded: UndecodedEvent = { ...envelopeOf(id), stream, revision, position, recordedAt, stored, codec };
    return undecoded;
  },
});

const isRaw = (stored: StoredEvent): stored is RawEvent =>
  typeof stored.data === 'string' && typeof stored.metadata === 'string';

/** The codecs by which a log with this codec is read. */
export const readWith = (codec: Codec): Readonly<Record<DeliveredAs, Codec>> => ({
  events: codec,
  undecoded: undecodedCodec(codec),
  texts: { encode: codec.encode, decode: decodeVerbatim },
  both: bothCodec(codec),
});

/**
 * Returns the texts of an event.
 * @throws TypeError for one that was not read verbatim
 */
export const verbatimTexts = (event: RecordedEvent): EncodedEvent => {
  if (!isVerbatim(event)) throw new TypeError('this event was not read verbatim');
  return event.texts;
};

/** Returns what was read in an event that was read as `both`; undefined for one that this release does not know. */
export const readOf = (event: RecordedEvent): DecodedEvent | undefined => (isVerbatim(event) ? event.read : event);

const isVerbatim = (event: RecordedEvent): event is VerbatimEvent => 'texts' in event;

const textsOf = (stored: StoredEvent): EncodedEvent => {
  const { type, data, metadata } = stored;
  return { type, data: textOf(data), metadata: textOf(metadata) };
};

/** The clients of some logs parse JSON. What they parsed has its text again: it was written by the same function. */
const textOf = (stored: string | object): string => (typeof stored === 'string' ? stored : JSON.stringify(stored));
