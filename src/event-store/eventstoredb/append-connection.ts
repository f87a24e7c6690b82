import type { EventStoreDBClient } from '@eventstore/db-client';
import { StreamsClient } from '@eventstore/db-client/generated/streams_grpc_pb.js';
import type { BatchAppendReq, BatchAppendResp } from '@eventstore/db-client/generated/streams_pb.js';
import type { Clock } from '../../runtime/runtime.ts';
import { closeClient, openClient } from './client.ts';
import { type LogConnection, shouldRetryElsewhere } from './failures.ts';

export type AppendConnection = {
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
