import type { BatchAppendReq } from '@eventstore/db-client/generated/streams_pb.js';
import streams from '@eventstore/db-client/generated/streams_pb.js';
import empty from 'google-protobuf/google/protobuf/empty_pb.js';
import timestamp from 'google-protobuf/google/protobuf/timestamp_pb.js';
import type { EncodedEvent } from '../codec.ts';
import { NO_STREAM, type Revision } from '../port.ts';
import { streamIdentifier, uuidOf } from './wire.ts';

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
