import { isListable } from '../db/text-list.ts';
import type { Codec, EncodedEvent } from './codec.ts';
import { AppendTooLarge, InvalidAppend, UnwritableEvent } from './errors.ts';
import type { Append, NewEvent } from './port.ts';

/** The limit of EventStoreDB: 1 MiB an append. All adapters enforce it, so that they accept the same appends. */
export const APPEND_LIMIT_BYTES = 1_048_576;

export type EncodedAppend = {
  readonly append: Append;
  readonly events: readonly (EncodedEvent & { readonly id: string; readonly event: NewEvent })[];
  readonly sizeBytes: number;
};

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const nul = '\u0000';

/**
 * Encodes an append and checks that a log can store it. Without the check, one malformed append would make all appends
 * in the same transaction fail.
 * @throws AppendTooLarge, InvalidAppend
 */
export const encodeAppend = (codec: Codec, append: Append): EncodedAppend => {
  const { stream, events, expectedRevision } = append;
  const refuse = (why: string): never => {
    throw new InvalidAppend({ stream, why });
  };
  if (stream === '' || stream.includes(nul) || !isListable(stream) || !stream.isWellFormed()) {
    refuse('the name of the stream is no text');
  }
  if (events.length === 0) refuse('it has no events');
  if (!Number.isSafeInteger(expectedRevision) || expectedRevision < -1) refuse('the expected revision is none');

  let sizeBytes = 0;
  const encoded = events.map((event) => {
    if (!uuid.test(event.id)) refuse(`${event.id} is no id of an event`);
    const stored = encodeOr(refuse, () => codec.encode(event));
    if (![stored.type, stored.data, stored.metadata].every(isListable)) refuse('it holds a control character');
    sizeBytes += Buffer.byteLength(stored.data) + Buffer.byteLength(stored.metadata) + 2 * stored.type.length;
    return { event, id: event.id, ...stored };
  });
  if (sizeBytes > APPEND_LIMIT_BYTES) throw new AppendTooLarge({ stream, sizeBytes, limitBytes: APPEND_LIMIT_BYTES });
  return { append, events: encoded, sizeBytes };
};

const encodeOr = (refuse: (why: string) => never, encode: () => EncodedEvent): EncodedEvent => {
  try {
    return encode();
  } catch (error) {
    if (error instanceof UnwritableEvent) return refuse(error.message);
    throw error;
  }
};
