import type { EventStoreDBClient } from '@eventstore/db-client';
import shared, { type StreamIdentifier, type UUID } from '@eventstore/db-client/generated/shared_pb.js';
import { StreamsClient } from '@eventstore/db-client/generated/streams_grpc_pb.js';
import streams, { type BatchAppendReq, type BatchAppendResp } from '@eventstore/db-client/generated/streams_pb.js';
import empty from 'google-protobuf/google/protobuf/empty_pb.js';
import timestamp from 'google-protobuf/google/protobuf/timestamp_pb.js';
import { type Backoff, backoffMs } from '../../runtime/retry.ts';
import type { Clock } from '../../runtime/runtime.ts';
import { createSemaphore } from '../../runtime/semaphore.ts';
import { APPEND_LIMIT_BYTES } from '../check-append.ts';
import {
  AppendTooLarge,
  AppendUnconfirmed,
  EventStoreClosed,
  InvalidAppend,
  StreamDeleted,
  WrongExpectedRevision,
} from '../errors.ts';
import { NO_STREAM, type Position, positionOf, type Revision } from '../port.ts';
import type { EncodedEvent } from '../stored-event.ts';
import { closeClient, openClient } from './client.ts';
import {
  LogAccessDenied,
  type LogConnection,
  LogSignInRejected,
  NodeNotServing,
  rejectionIn,
  shouldRetryElsewhere,
} from './failures.ts';

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
type WireAppend = {
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
const appendRequest = (
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
type AppendedAt = { readonly revision: Revision; readonly position: Position | undefined };

/**
 * Reads the server's response to an append.
 * @param named the name of the stream without the prefix, for errors
 * @throws WrongExpectedRevision, StreamDeleted, AppendTooLarge, InvalidAppend, LogAccessDenied
 * @throws NodeNotServing if another node must be used
 * @throws AppendUnconfirmed if the server does not know whether it made the append (timeout, overload)
 */
const readResponse = (response: BatchAppendResp, append: WireAppend, named: string): AppendedAt => {
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
      return new AppendUnconfirmed(stream, { cause: new Error(said) });
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
const createAppendConnection = ({ connectionString, world, onReconnect }: LogConnection): AppendConnection => {
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
type BatchStream = {
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
      const response = Promise.withResolvers<BatchAppendResp>();
      waiting.set(id, response);
      stream.write(request);
      return response.promise;
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

/** Maximum appends in progress: enough for those of an engine's turn. The server has no limit. */
const IN_FLIGHT = 512;
const RETRY: Backoff = { firstMs: 50, longestMs: 1_000 };
/** Servers drop a repeated append without a response until the first one is replicated, so it is soon repeated again. */
const FIRST_REPEAT_MS = 250;

export type Writer = {
  /**
   * Makes an append. Without a clear response, the same append is repeated until the deadline; its event ids and expected
   * revision ensure that it is made at most once. If the same append is already in progress, both calls get the same
   * response.
   * @param named the name of the stream without the prefix, for errors
   * @throws WrongExpectedRevision, StreamDeleted, AppendTooLarge, InvalidAppend, LogAccessDenied, LogSignInRejected
   * @throws AppendUnconfirmed
   */
  append(append: WireAppend, named: string): Promise<AppendedAt>;
  /** Rejects new appends and waits for those in progress. */
  close(): Promise<void>;
};

/** The state of an append without a response. */
type PendingAppend = {
  readonly correlationId: string;
  late: boolean;
  /** Why the last attempt got no response. */
  trouble: unknown;
  /**
   * The attempt that waits for its response; `undefined` between attempts. A record instead of a closure over the request,
   * which would cost garbage collection with each append.
   */
  sent: { readonly stream: BatchStream; readonly request: BatchAppendReq } | undefined;
};

/**
 * Creates the writer for all appends of a process.
 * @param deadlineMs the time from the call of `append` until it throws AppendUnconfirmed
 */
export const createWriter = (log: LogConnection, deadlineMs: number): Writer => {
  const { world, outage } = log;
  const { clock, timers } = world;
  const connection = createAppendConnection(log);
  const slots = createSemaphore(IN_FLIGHT);
  const requestInProgress = new Map<string, Promise<AppendedAt>>();
  /** With the default deadline this is 2.5 s, longer than the server's own timeout of a write (2 s). */
  const silenceMs = deadlineMs / 4;
  const repeatWait: Backoff = { firstMs: FIRST_REPEAT_MS, longestMs: silenceMs };
  let sent = 0;
  let closed = false;

  const correlationId = (): string => `00000000-0000-4000-8000-${(sent++).toString(16).padStart(12, '0')}`;

  /** Waits for the stream of appends to open. If finding the leader takes too long, the attempt fails. */
  const opened = (opening: Promise<BatchStream>): Promise<BatchStream> => {
    const late = Promise.withResolvers<never>();
    const cancel = timers.after(silenceMs, () => {
      const why = new Error(`no node was found in ${silenceMs} ms`);
      connection.drop(opening, why);
      late.reject(why);
    });
    return Promise.race([opening, late.promise]).finally(cancel);
  };

  /** Makes one attempt, which fails without a response within `waitMs`. */
  const send = async (append: WireAppend, named: string, state: PendingAppend, waitMs: number): Promise<AppendedAt> => {
    const request = appendRequest(append, { correlationId: state.correlationId, nowMs: clock.now() });
    const opening = connection.current();
    let cancelWait = () => {};
    try {
      const stream = connection.opened() ?? (await opened(opening));
      state.sent = { stream, request };
      cancelWait = timers.after(waitMs, () => {
        const silence = new Error(`no response in ${waitMs} ms`);
        const isSilent = stream.silentMs() >= silenceMs;
        stream.forget(request, silence);
        if (isSilent) connection.drop(opening, silence);
      });
      return readResponse(await stream.send(request), append, named);
    } catch (error) {
      if (error instanceof NodeNotServing) connection.drop(opening, error);
      throw rejectionIn(error, `append to ${append.stream}`) ?? error;
    } finally {
      state.sent = undefined;
      cancelWait();
    }
  };

  const sendUntilConfirmed = async (append: WireAppend, named: string, state: PendingAppend): Promise<AppendedAt> => {
    for (let failures = 0; !state.late; failures++) {
      // The first retry is immediate: the connection may have been lost while it was idle.
      if (failures > 1) await timers.sleep(backoffMs(failures - 1, RETRY));
      if (state.late) break;
      const waitMs = failures === 0 ? silenceMs : backoffMs(failures, repeatWait);
      try {
        const response = await send(append, named, state, waitMs);
        outage.over();
        return response;
      } catch (error) {
        if (isRejection(error)) outage.trouble(error);
        if (isResponse(error)) throw error;
        state.trouble = error;
        if (failures > 0) outage.trouble(error);
      }
    }
    throw new AppendUnconfirmed(named, { cause: state.trouble });
  };

  const append = async (one: WireAppend, named: string): Promise<AppendedAt> => {
    const late = Promise.withResolvers<never>();
    const state: PendingAppend = { late: false, correlationId: correlationId(), trouble: undefined, sent: undefined };
    const cancelDeadline = timers.after(deadlineMs, () => {
      state.late = true;
      state.trouble ??= new Error(`no response in ${deadlineMs} ms`);
      outage.trouble(state.trouble);
      late.reject(new AppendUnconfirmed(named, { cause: state.trouble }));
      state.sent?.stream.forget(state.sent.request, state.trouble);
    });
    try {
      return await Promise.race([slots.run(() => sendUntilConfirmed(one, named, state)), late.promise]);
    } finally {
      cancelDeadline();
    }
  };

  return {
    append: (one, named) => {
      if (closed) return Promise.reject(new EventStoreClosed());
      const key = `${one.stream} ${one.expectedRevision} ${one.events.map(({ id }) => id).join()}`;
      const first = requestInProgress.get(key);
      if (first !== undefined) return first;
      const response = append(one, named).finally(() => requestInProgress.delete(key));
      requestInProgress.set(key, response);
      return response;
    },
    close: async () => {
      closed = true;
      await Promise.allSettled(requestInProgress.values());
      await connection.close();
    },
  };
};

const isRejection = (error: unknown): boolean => error instanceof LogAccessDenied || error instanceof LogSignInRejected;

/**
 * Returns whether the error is the server's response to this append. After other errors, it is unknown whether it was made.
 */
const isResponse = (error: unknown): boolean =>
  error instanceof WrongExpectedRevision ||
  error instanceof StreamDeleted ||
  error instanceof AppendTooLarge ||
  error instanceof InvalidAppend ||
  isRejection(error);
