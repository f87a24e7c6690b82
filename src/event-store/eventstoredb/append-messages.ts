import type { StreamIdentifier, UUID } from '@eventstore/db-client/generated/shared_pb.js';
import shared from '@eventstore/db-client/generated/shared_pb.js';
import type { BatchAppendReq, BatchAppendResp } from '@eventstore/db-client/generated/streams_pb.js';
import streams from '@eventstore/db-client/generated/streams_pb.js';
import empty from 'google-protobuf/google/protobuf/empty_pb.js';
import timestamp from 'google-protobuf/google/protobuf/timestamp_pb.js';
import { APPEND_LIMIT_BYTES } from '../check-append.ts';
import { AppendTooLarge, AppendUnanswered, InvalidAppend, StreamDeleted, WrongExpectedRevision } from '../errors.ts';
import { NO_STREAM, type Position, positionOf, type Revision } from '../port.ts';
import type { EncodedEvent } from '../stored-event.ts';
import { LogAccessDenied, NodeNotServing } from './failures.ts';

const streamIdentifier = (name: string): StreamIdentifier => {
  const identifier = new shared.StreamIdentifier();
  identifier.setStreamName(Buffer.from(name));
  return identifier;
};

const uuidOf = (text: string): UUID => {
  const uuid = new shared.UUID();
  uuid.setString(text);
  return uuid;
};

/** Servers send 2^64 - 1 if there is no position or revision. */
const NONE = 18_446_744_073_709_551_615n;

/** An append as sent to the server. The name of the stream includes the prefix. */
export type WireAppend = {
  readonly stream: string;
  readonly expectedRevision: Revision;
  readonly events: readonly (EncodedEvent & { readonly id: string })[];
};

/**
 * The request carries its deadline as a date, and a server whose clock is ahead would give up immediately. With a day, the
 * server's own timeout applies; the writer enforces the real deadline.
 */
const SERVER_DEADLINE_MS = 24 * 3_600_000;

/** Builds the request. It is a single message, because an append has at most 1 MiB. */
export const appendRequest = (
  { stream, expectedRevision, events }: WireAppend,
  { correlationId, nowMs }: { correlationId: string; nowMs: number },
): BatchAppendReq => {
  const options = new streams.BatchAppendReq.Options();
  options.setStreamIdentifier(streamIdentifier(stream));
  options.setDeadline(timestamp.Timestamp.fromDate(new Date(nowMs + SERVER_DEADLINE_MS)));
  if (expectedRevision === NO_STREAM) options.setNoStream(new empty.Empty());
  else options.setStreamPosition(String(expectedRevision));

  const request = new streams.BatchAppendReq();
  request.setCorrelationId(uuidOf(correlationId));
  request.setOptions(options);
  request.setProposedMessagesList(events.map(proposed));
  request.setIsFinal(true);
  return request;
};

const proposed = ({ id, type, data, metadata }: WireAppend['events'][number]): BatchAppendReq.ProposedMessage => {
  const message = new streams.BatchAppendReq.ProposedMessage();
  message.setId(uuidOf(id));
  message.getMetadataMap().set('type', type).set('content-type', 'application/json');
  message.setData(Buffer.from(data));
  message.setCustomMetadata(Buffer.from(metadata));
  return message;
};

/** The response to a successful append. The position is absent if the server had made the append before. */
export type AppendAnswer = { readonly revision: Revision; readonly position: Position | undefined };

/**
 * Reads the server's response to an append.
 * @param named the name of the stream without the prefix, for errors
 * @throws WrongExpectedRevision, StreamDeleted, AppendTooLarge, InvalidAppend, LogAccessDenied
 * @throws NodeNotServing if another node must be used
 * @throws AppendUnanswered if the server does not know whether it made the append (timeout, overload)
 */
export const readAnswer = (response: BatchAppendResp, append: WireAppend, named: string): AppendAnswer => {
  const success = response.getSuccess();
  if (success === undefined) throw rejection(response, append, named);
  const at = success.getPosition()?.getCommitPosition();
  return {
    revision: append.expectedRevision + append.events.length,
    position: at === undefined || BigInt(at) === NONE ? undefined : positionOf(BigInt(at)),
  };
};

const rejection = (response: BatchAppendResp, append: WireAppend, stream: string): Error => {
  const error = response.getError();
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
      return new InvalidAppend({ stream, why: `EventStoreDB responded: ${why}` });
    }
    case 'event_store.client.InvalidTransaction':
      return new InvalidAppend({ stream, why: 'EventStoreDB responded that its transaction is invalid' });
    case 'event_store.client.AccessDenied':
      return new LogAccessDenied(`append to ${append.stream}`);
    default: {
      const said = `the server responded ${type}: ${error?.getMessage()}`;
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
