import shared from '@eventstore/db-client/generated/shared_pb.js';
import type { BatchAppendResp } from '@eventstore/db-client/generated/streams_pb.js';
import { APPEND_LIMIT_BYTES } from '../check-append.ts';
import { AppendTooLarge, AppendUnanswered, StreamDeleted, WrongExpectedRevision } from '../errors.ts';
import { NO_STREAM, type Position, positionOf, type Revision } from '../port.ts';
import type { WireAppend } from './append-request.ts';
import { LogAccessDenied } from './failures.ts';
import { NONE } from './wire.ts';

/** The position is missing where the server knew the append already. */
export type Answer = { readonly revision: Revision; readonly position: Position | undefined };

/**
 * What the server says of an append.
 * @param named the stream as callers know it
 * @throws WrongExpectedRevision, StreamDeleted, AppendTooLarge, LogAccessDenied
 * @throws AppendUnanswered where it could not tell (timed out, not ready, too busy)
 */
export const readAnswer = (response: BatchAppendResp, append: WireAppend, named: string): Answer => {
  const success = response.getSuccess();
  if (success === undefined) throw refusal(response, append, named);
  const at = success.getPosition()?.getCommitPosition();
  return {
    revision: append.expectedRevision + append.events.length,
    position: at === undefined || BigInt(at) === NONE ? undefined : positionOf(BigInt(at)),
  };
};

const refusal = (response: BatchAppendResp, append: WireAppend, stream: string): Error => {
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
    case 'event_store.client.AccessDenied':
      return new LogAccessDenied(`append to ${append.stream}`);
    default:
      return new AppendUnanswered(stream, { cause: new Error(`the server answered ${type}: ${error?.getMessage()}`) });
  }
};

const sizeOf = ({ events }: WireAppend): number =>
  events.reduce((sum, { type, data, metadata }) => {
    return sum + Buffer.byteLength(data) + Buffer.byteLength(metadata) + 2 * type.length;
  }, 0);
