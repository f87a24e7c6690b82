import shared from '@eventstore/db-client/generated/shared_pb.js';
import status from '@eventstore/db-client/generated/status_pb.js';
import type { BatchAppendResp } from '@eventstore/db-client/generated/streams_pb.js';
import streams from '@eventstore/db-client/generated/streams_pb.js';
import protobuf from 'google-protobuf';
import any from 'google-protobuf/google/protobuf/any_pb.js';
import empty from 'google-protobuf/google/protobuf/empty_pb.js';
import { MAX_APPEND_BYTES, type Outcome } from './fake-log.ts';
import type { InBandError } from './faults.ts';

export const batchAnswer = (outcome: Outcome): BatchAppendResp => {
  const response = new streams.BatchAppendResp();
  switch (outcome.kind) {
    case 'appended':
    case 'repeated': {
      const success = new streams.BatchAppendResp.Success();
      success.setCurrentRevision(String(outcome.revision));
      if (outcome.kind === 'appended') {
        const position = new shared.AllStreamPosition();
        position.setCommitPosition(String(outcome.position));
        position.setPreparePosition(String(outcome.position));
        success.setPosition(position);
      } else success.setNoPosition(new empty.Empty());
      response.setSuccess(success);
      return response;
    }
    case 'wrong': {
      const wrong = new shared.WrongExpectedVersion();
      if (outcome.current === undefined) wrong.setCurrentNoStream(new empty.Empty());
      else wrong.setCurrentStreamRevision(String(outcome.current));
      return withError(response, 'WrongExpectedVersion', wrong);
    }
    case 'deleted':
      return withError(response, 'StreamDeleted', new shared.StreamDeleted());
    case 'tooLarge': {
      const exceeded = new shared.MaximumAppendSizeExceeded();
      exceeded.setMaxappendsize(MAX_APPEND_BYTES);
      return withError(response, 'MaximumAppendSizeExceeded', exceeded);
    }
  }
};

/** The response of a node that is not serving: details of no type, and a text. */
export const inBandRejection = (message: string): BatchAppendResp =>
  withDetails(new streams.BatchAppendResp(), 'google.protobuf.Empty', { message, bytes: new Uint8Array() });

export const inBandError = (kind: InBandError): BatchAppendResp => {
  const response = new streams.BatchAppendResp();
  switch (kind) {
    case 'AccessDenied':
      return withError(response, kind, new shared.AccessDenied());
    case 'BadRequest': {
      const bad = new shared.BadRequest();
      bad.setMessage('the request is bad');
      return withError(response, kind, bad);
    }
    case 'InvalidTransaction':
      return withError(response, kind, new shared.InvalidTransaction());
    case 'MaximumAppendEventSizeExceeded':
      return withDetails(response, `event_store.client.${kind}`, { message: kind, bytes: eventTooLarge() });
    case 'Timeout':
      return withError(response, kind, new shared.Timeout());
    case 'Unknown':
      return withError(response, kind, new shared.Unknown());
  }
};

/** The client's stubs are older than this message: the event's id, its size, the size allowed. */
const eventTooLarge = (): Uint8Array => {
  const writer = new protobuf.BinaryWriter();
  writer.writeString(1, 'an event');
  writer.writeInt32(2, 2_000_000);
  writer.writeInt32(3, 1_000_000);
  return writer.getResultBuffer();
};

const withError = (response: BatchAppendResp, name: string, details: protobuf.Message): BatchAppendResp =>
  withDetails(response, `event_store.client.${name}`, { message: name, bytes: details.serializeBinary() });

const withDetails = (
  response: BatchAppendResp,
  type: string,
  { message, bytes }: { readonly message: string; readonly bytes: Uint8Array },
): BatchAppendResp => {
  const details = new any.Any();
  details.pack(bytes, type);
  const error = new status.Status();
  error.setMessage(message);
  error.setDetails(details);
  response.setError(error);
  return response;
};
