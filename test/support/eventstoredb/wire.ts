import type { StreamIdentifier, UUID } from '@eventstore/db-client/generated/shared_pb.js';
import shared from '@eventstore/db-client/generated/shared_pb.js';
import type { AppendReq, BatchAppendReq } from '@eventstore/db-client/generated/streams_pb.js';
import * as grpc from '@grpc/grpc-js';
import type { Expected, NewRecord } from './fake-log.ts';

export const nameIn = (identifier: StreamIdentifier | undefined): string =>
  Buffer.from(identifier?.getStreamName_asU8() ?? []).toString();

export const identifierOf = (name: string): StreamIdentifier => {
  const identifier = new shared.StreamIdentifier();
  identifier.setStreamName(Buffer.from(name));
  return identifier;
};

export const uuidOf = (text: string): UUID => {
  const uuid = new shared.UUID();
  uuid.setString(text);
  return uuid;
};

export const recordIn = (message: AppendReq.ProposedMessage | BatchAppendReq.ProposedMessage): NewRecord => ({
  id: message.getId()?.getString() ?? '',
  type: message.getMetadataMap().get('type') ?? '',
  contentType: message.getMetadataMap().get('content-type') ?? 'application/octet-stream',
  data: message.getData_asU8(),
  metadata: message.getCustomMetadata_asU8(),
});

type ExpectedOptions = { hasNoStream(): boolean; hasStreamExists(): boolean; hasAny(): boolean };

/** @param revision as text, if the options contain one */
export const expectedIn = (options: ExpectedOptions, revision: string | undefined): Expected => {
  if (options.hasNoStream()) return 'no_stream';
  if (options.hasStreamExists()) return 'stream_exists';
  return revision === undefined ? 'any' : BigInt(revision);
};

/** An error as servers send it: a status, and trailers with details. */
export type Trouble = { readonly code: grpc.status; readonly details: string; readonly metadata: grpc.Metadata };

const trouble = (code: grpc.status, trailers: Readonly<Record<string, string>>, details?: string): Trouble => {
  const metadata = new grpc.Metadata();
  for (const [name, value] of Object.entries(trailers)) metadata.set(name, value);
  return { code, details: details ?? trailers.exception ?? 'injected', metadata };
};

export const NOT_READY = 'Server Is Not Ready';
export const NO_LEADER = 'No leader info available in response';

export const plainTrouble = (code: grpc.status): Trouble => trouble(code, {});
export const notLeader = ({ host, port }: { host: string; port: number }): Trouble =>
  trouble(
    grpc.status.NOT_FOUND,
    { exception: 'not-leader', 'leader-endpoint-host': host, 'leader-endpoint-port': String(port) },
    'Leader info available',
  );
export const notReady = (): Trouble => trouble(grpc.status.UNAVAILABLE, {}, NOT_READY);
export const noLeader = (): Trouble => trouble(grpc.status.UNKNOWN, {}, NO_LEADER);
export const accessDenied = (): Trouble => trouble(grpc.status.PERMISSION_DENIED, { exception: 'access-denied' });
export const unknownUser = (): Trouble => trouble(grpc.status.UNAUTHENTICATED, {}, 'Received HTTP status code 401');
export const invalidPosition = (): Trouble =>
  trouble(grpc.status.UNKNOWN, {}, 'Unexpected ReadAllResult: InvalidPosition');
export const tooSlow = (): Trouble =>
  trouble(
    grpc.status.ABORTED,
    {},
    'Operation timed out: Consumer too slow to handle event while live. Client resubscription required.',
  );
export const streamDeleted = (stream: string): Trouble =>
  trouble(grpc.status.FAILED_PRECONDITION, { exception: 'stream-deleted', 'stream-name': stream });
export const tooLarge = (limit: number): Trouble =>
  trouble(grpc.status.INVALID_ARGUMENT, {
    exception: 'maximum-append-size-exceeded',
    'maximum-append-size': String(limit),
  });
