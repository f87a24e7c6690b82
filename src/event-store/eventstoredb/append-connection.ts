import type { EventStoreDBClient } from '@eventstore/db-client';
import shared, { type StreamIdentifier, type UUID } from '@eventstore/db-client/generated/shared_pb.js';
import { StreamsClient } from '@eventstore/db-client/generated/streams_grpc_pb.js';
import streams, { type BatchAppendReq, type BatchAppendResp } from '@eventstore/db-client/generated/streams_pb.js';
import empty from 'google-protobuf/google/protobuf/empty_pb.js';
import timestamp from 'google-protobuf/google/protobuf/timestamp_pb.js';
import type { Clock } from '../../runtime/runtime.ts';
import { APPEND_LIMIT_BYTES } from '../check-append.ts';
import { AppendTooLarge, AppendUnanswered, InvalidAppend, StreamDeleted, WrongExpectedRevision } from '../errors.ts';
import { NO_STREAM, type Position, positionOf, type Revision } from '../port.ts';
import type { EncodedEvent } from '../stored-event.ts';
import { closeClient, openClient } from './client.ts';
import { LogAccessDenied, type LogConnection, NodeNotServing, shouldRetryElsewhere } from './failures.ts';

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

type AppendConnection = {
  /** Returns the stream of appends to the leader, and opens one if there is none. */
  current(): Promise<BatchStream>;
  /** Returns the stream of appends if it is open, and everything that waited for it to open has been sent. */
  opened(): BatchStream | undefined;
  /** Closes this stream if it is still in use. Its pending appends are rejected. */
  drop(stream: Promise<BatchStream>, why: unknown): void;
  close(): Promise<void>;
};

/**
 * Creates the connection for all appends of a process. A client that does not move to another node itself is replaced.
 */
export const createAppendConnection = ({ connectionString, world, onReconnect }: LogConnection): AppendConnection => {
  const { clock } = world;
  let client = openClient(connectionString);
  let stream: Promise<BatchStream> | undefined;
  let live: BatchStream | undefined;
  let closed = false;

  const drop = (dropped: Promise<BatchStream>, why: unknown): void => {
    if (closed || stream !== dropped) return;
    stream = undefined;
    live = undefined;
    onReconnect();
    dropped.then((open) => open.cancel()).catch(() => {});
    if (shouldRetryElsewhere(why)) return;
    void closeClient(client);
    client = openClient(connectionString);
  };

  return {
    current: () => {
      if (stream !== undefined) return stream;
      const opened = openBatchStream(client, { clock, onEnd: (error) => drop(opened, error) });
      opened.then(
        (open) => {
          // Callers that wait for the stream continue within this turn of the event loop. Later requests must not overtake
          // them.
          setImmediate(() => {
            if (stream === opened) live = open;
          });
        },
        (error) => drop(opened, error),
      );
      stream = opened;
      return opened;
    },
    opened: () => live,
    drop,
    close: () => {
      closed = true;
      return closeClient(client);
    },
  };
};

/** A stream of append requests. Responses can arrive in another order than the requests. */
export type BatchStream = {
  /**
   * Sends a request. Rejects if the stream ends before the response. If a request is sent again with the same correlation
   * id, the response to the first one may resolve it.
   */
  send(request: BatchAppendReq): Promise<BatchAppendResp>;
  /** Stops waiting for the response to a request, and rejects it with `why`. */
  forget(request: BatchAppendReq, why: unknown): void;
  /** How long requests have been pending without any response. */
  silentMs(): number;
  cancel(): void;
};

type BatchStreamOptions = {
  readonly clock: Clock;
  /** Called once, with what ended the stream. */
  readonly onEnd: (error: unknown) => void;
};

/**
 * Opens a stream of appends. Uses the client's connection, but not its `appendToStream`, which keeps the pending appends of
 * all clients of a process in one table. There, one broken stream rejects the appends of all other streams, whose later
 * responses then end the process; and appends that wait to be written are rejected where nothing can catch it.
 */
const openBatchStream = async (
  client: EventStoreDBClient,
  { clock, onEnd }: BatchStreamOptions,
): Promise<BatchStream> => {
  const waiting = new Map<string, PromiseWithResolvers<BatchAppendResp>>();
  let silentSinceMs = clock.monotonic();
  const gone = Promise.withResolvers<never>();
  gone.promise.catch(() => {});
  let ended = false;

  const end = (error: unknown): void => {
    if (ended) return;
    ended = true;
    // Waits one turn of the event loop, because the client handles the same failure and must first leave the channel.
    setImmediate(() => {
      onEnd(error);
      gone.reject(error);
      for (const { reject } of waiting.values()) reject(error);
      waiting.clear();
    });
  };

  // biome-ignore-start lint/complexity/useLiteralKeys: protected, see client.ts
  const open = client['GRPCStreamCreator'](StreamsClient, 'append', (grpcClient) =>
    grpcClient
      .batchAppend(...client['callArguments']({ requiresLeader: true }, { deadline: Number.POSITIVE_INFINITY }))
      .on('data', (response: BatchAppendResp) => {
        const id = response.getCorrelationId()?.getString() ?? '';
        silentSinceMs = clock.monotonic();
        waiting.get(id)?.resolve(response);
        waiting.delete(id);
      })
      .on('error', end)
      .on('end', () => end(new Error('EventStoreDB closed the stream of appends'))),
  );
  // biome-ignore-end lint/complexity/useLiteralKeys: protected, see client.ts
  const stream = await open();

  return {
    send: (request) => {
      if (ended) return gone.promise;
      const id = request.getCorrelationId()?.getString() ?? '';
      if (waiting.size === 0) silentSinceMs = clock.monotonic();
      const answer = Promise.withResolvers<BatchAppendResp>();
      waiting.set(id, answer);
      stream.write(request);
      return answer.promise;
    },
    forget: (request, why) => {
      const id = request.getCorrelationId()?.getString() ?? '';
      waiting.get(id)?.reject(why);
      waiting.delete(id);
    },
    silentMs: () => (waiting.size === 0 ? 0 : clock.monotonic() - silentSinceMs),
    cancel: () => {
      stream.cancel();
      end(new Error('the stream of appends was closed after an error'));
    },
  };
};
