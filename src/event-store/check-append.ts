import { isListable } from '../db/text-list.ts';
import type { Codec } from './codec.ts';
import { AppendTooLarge, InvalidAppend, UnwritableEvent } from './errors.ts';
import type { Append, NewEvent } from './port.ts';
import type { EncodedEvent } from './stored-event.ts';

/** 1 MiB, the lowest limit of all kinds of logs. Every adapter enforces it, so that all accept the same appends. */
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
  const reject = (why: string): never => {
    throw new InvalidAppend({ stream, why });
  };
  if (stream === '' || stream.includes(nul) || !isListable(stream) || !stream.isWellFormed()) {
    reject('the stream name is not valid text');
  }
  if (events.length === 0) reject('the append has no events');
  if (!Number.isSafeInteger(expectedRevision) || expectedRevision < -1) reject('the expected revision is not valid');

  let sizeBytes = 0;
  const encoded = events.map((event) => {
    if (!uuid.test(event.id)) reject(`${event.id} is not a valid event id`);
    const stored = encodeOr(reject, () => codec.encode(event));
    if (![stored.type, stored.data, stored.metadata].every(isListable)) reject('it contains a control character');
    sizeBytes += Buffer.byteLength(stored.data) + Buffer.byteLength(stored.metadata) + 2 * stored.type.length;
    return { event, id: event.id, ...stored };
  });
  if (sizeBytes > APPEND_LIMIT_BYTES) throw new AppendTooLarge({ stream, sizeBytes, limitBytes: APPEND_LIMIT_BYTES });
  return { append, events: encoded, sizeBytes };
};

const encodeOr = (reject: (why: string) => never, encode: () => EncodedEvent): EncodedEvent => {
  try {
    return encode();
  } catch (error) {
    if (error instanceof UnwritableEvent) return reject(error.message);
    throw error;
  }
};
