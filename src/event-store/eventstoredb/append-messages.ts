import shared from '@eventstore/db-client/generated/shared_pb.js';
import streams from '@eventstore/db-client/generated/streams_pb.js';
import { APPEND_LIMIT_BYTES } from '../check-append.ts';
import type { EncodedEvent } from '../codec.ts';
import { AppendTooLarge, AppendUnanswered, InvalidAppend, StreamDeleted, WrongExpectedRevision } from '../errors.ts';
import { NO_STREAM, type Position, positionOf, type Revision } from '../port.ts';
import { LogAccessDenied, NodeNotServing } from './failures.ts';
import {
  type ProtoReader,
  type ProtoWriter,
  protoWriter,
  readEnd,
  readFields,
  readUint,
  readUuid,
} from './protobuf.ts';

/** Servers send 2^64 - 1 if there is no position or revision. */
const NONE = 18_446_744_073_709_551_615n;

/** An append as the server gets it. The name of the stream includes the prefix. */
export type WireAppend = {
  readonly stream: string;
  readonly expectedRevision: Revision;
  readonly events: readonly (EncodedEvent & { readonly id: string })[];
};

/**
 * The request carries its deadline as a date, and a server whose clock is ahead would give up at once. With a day, the
 * server's own timeout applies; the real deadline is enforced by the writer.
 */
const SERVER_DEADLINE_MS = 24 * 3_600_000;

/** Encodes the request. It is a single message, because an append has at most 1 MiB. */
export const appendRequest = (
  { stream, expectedRevision, events }: WireAppend,
  { correlationId, nowMs }: { correlationId: string; nowMs: number },
): Buffer => {
  const writer = protoWriter();
  writer.uint(4, 1);
  for (const event of events.toReversed()) writer.message(3, () => proposed(writer, event));
  writer.message(2, () => {
    writer.message(6, () => writer.uint(1, Math.floor((nowMs + SERVER_DEADLINE_MS) / 1_000)));
    if (expectedRevision === NO_STREAM) writer.message(3);
    else writer.uint(2, expectedRevision);
    writer.message(1, () => writer.text(3, stream));
  });
  writer.message(1, () => writer.text(2, correlationId));
  return writer.framed();
};

const proposed = (writer: ProtoWriter, { id, type, data, metadata }: WireAppend['events'][number]): void => {
  writer.text(4, data);
  writer.text(3, metadata);
  for (const [key, value] of [
    ['content-type', 'application/json'],
    ['type', type],
  ] as const) {
    writer.message(2, () => {
      writer.text(2, value);
      writer.text(1, key);
    });
  }
  writer.message(1, () => writer.text(2, id));
};

/** What was answered to an append. */
export type AppendResponse = {
  readonly correlationId: string;
  /** Undefined for one that was not made. */
  readonly success: { readonly position: number | bigint | undefined } | undefined;
  readonly bytes: Buffer;
};

export const readResponse = (bytes: Buffer): AppendResponse => {
  const reader = { bytes, at: 0 };
  let correlationId = '';
  let success: { position: number | bigint | undefined } | undefined;
  readFields(reader, bytes.length, (field) => {
    if (field === 1) correlationId = readUuid(reader);
    else if (field === 3) success = { position: successPosition(reader) };
    else return false;
    return true;
  });
  return { correlationId, success, bytes };
};

const successPosition = (reader: ProtoReader): number | bigint | undefined => {
  let position: number | bigint | undefined;
  readFields(reader, readEnd(reader), (field) => {
    if (field !== 3) return false;
    readFields(reader, readEnd(reader), (part) => {
      if (part === 1) position = readUint(reader);
      return part === 1;
    });
    return true;
  });
  return position;
};

/** The answer to a successful append. The position is missing if the server had made the append before. */
export type AppendAnswer = { readonly revision: Revision; readonly position: Position | undefined };

/**
 * Reads the server's answer to an append.
 * @param named the name of the stream without the prefix, for errors
 * @throws WrongExpectedRevision, StreamDeleted, AppendTooLarge, InvalidAppend, LogAccessDenied
 * @throws NodeNotServing if another node must be asked
 * @throws AppendUnanswered if the server does not know whether it made the append (timeout, overload)
 */
export const readAnswer = ({ success, bytes }: AppendResponse, append: WireAppend, named: string): AppendAnswer => {
  if (success === undefined) throw refusal(bytes, append, named);
  const { position } = success;
  return {
    revision: append.expectedRevision + append.events.length,
    position: position === undefined || position === NONE ? undefined : positionOf(position),
  };
};

const refusal = (response: Buffer, append: WireAppend, stream: string): Error => {
  const error = streams.BatchAppendResp.deserializeBinary(response).getError();
  const details = error?.getDetails();
  const type = details?.getTypeName();
  switch (type) {
    case 'event_store.client.WrongExpectedVersion': {
      const wrong = details?.unpack(shared.WrongExpectedVersion.deserializeBinary, type);
      const actual = wrong?.hasCurrentStreamRevision() ? Number(wrong.getCurrentStreamRevision()) : NO_STREAM;
      return new WrongExpectedRevision({ stream, expected: append.expectedRevision, actual });
    }
    case 'event_store.client.StreamDeleted':
      return new StreamDeleted(stream);
    case 'event_store.client.MaximumAppendSizeExceeded': {
      const limit = details?.unpack(shared.MaximumAppendSizeExceeded.deserializeBinary, type)?.getMaxappendsize();
      return new AppendTooLarge({ stream, sizeBytes: sizeOf(append), limitBytes: limit ?? APPEND_LIMIT_BYTES });
    }
    // The client has no message type for this error, so the sizes come from this side.
    case 'event_store.client.MaximumAppendEventSizeExceeded':
      return new AppendTooLarge({ stream, sizeBytes: sizeOf(append), limitBytes: APPEND_LIMIT_BYTES });
    case 'event_store.client.BadRequest': {
      const why = details?.unpack(shared.BadRequest.deserializeBinary, type)?.getMessage();
      return new InvalidAppend({ stream, why: `EventStoreDB answered: ${why}` });
    }
    case 'event_store.client.InvalidTransaction':
      return new InvalidAppend({ stream, why: 'EventStoreDB answered that its transaction is invalid' });
    case 'event_store.client.AccessDenied':
      return new LogAccessDenied(`append to ${append.stream}`);
    default: {
      const said = `the server answered ${type}: ${error?.getMessage()}`;
      if (NOT_SERVING.test(error?.getMessage() ?? '')) return new NodeNotServing(said);
      return new AppendUnanswered(stream, { cause: new Error(said) });
    }
  }
};

/** Servers mark these two failures only by their texts. */
const NOT_SERVING = /not ready|no leader info/i;

const sizeOf = ({ events }: WireAppend): number =>
  events.reduce((sum, { type, data, metadata }) => {
    return sum + Buffer.byteLength(data) + Buffer.byteLength(metadata) + 2 * type.length;
  }, 0);
