import type { Codec } from './codec.ts';
import { AppendTooLarge, InvalidAppend, StreamDeleted, UnwritableEvent, WrongExpectedRevision } from './errors.ts';
import type { Append, AppendResult, NewEvent, Position, Revision } from './port.ts';
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
  if (stream === '' || stream.includes(nul) || !stream.isWellFormed()) {
    reject('the stream name is not valid text');
  }
  if (events.length === 0) reject('the append has no events');
  if (!Number.isSafeInteger(expectedRevision) || expectedRevision < -1) reject('the expected revision is not valid');

  let sizeBytes = 0;
  const encoded = events.map((event) => {
    if (!uuid.test(event.id)) reject(`${event.id} is not a valid event id`);
    const stored = encodeOr(reject, () => codec.encode(event));
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

/** The state of a stream for judging an append. The revision of a stream without events is `NO_STREAM`. */
export type StreamHead = { readonly revision: Revision; readonly deleted: boolean };
export type StoredId = { readonly id: string; readonly position: Position };

type Verdict =
  | { readonly kind: 'accepted' }
  | { readonly kind: 'repeated'; readonly appended: AppendResult }
  | { readonly kind: 'rejected'; readonly error: WrongExpectedRevision | StreamDeleted };

/**
 * Decides whether an append succeeds. With a wrong expected revision it still succeeds if it was made before, that is, if
 * its event ids are stored at its revisions. Event ids are random, so a match proves this. Ids that were cut since are not
 * compared.
 */
export const judge = (
  { stream, expectedRevision, events }: Append,
  head: StreamHead,
  storedAt: (revision: Revision) => StoredId | undefined,
): Verdict => {
  if (head.deleted) return { kind: 'rejected', error: new StreamDeleted(stream) };
  if (head.revision === expectedRevision) return { kind: 'accepted' };
  const last = storedAt(expectedRevision + events.length);
  const repeated =
    last !== undefined &&
    events.every(({ id }, index) => {
      const stored = storedAt(expectedRevision + 1 + index);
      return stored === undefined || stored.id === id;
    });
  return repeated
    ? {
        kind: 'repeated',
        appended: { revision: expectedRevision + events.length, position: last.position },
      }
    : {
        kind: 'rejected',
        error: new WrongExpectedRevision({ stream, expected: expectedRevision, actual: head.revision }),
      };
};
