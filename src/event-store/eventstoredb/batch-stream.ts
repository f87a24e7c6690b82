import type { EventStoreDBClient } from '@eventstore/db-client';
import { StreamsClient } from '@eventstore/db-client/generated/streams_grpc_pb.js';
import type { BatchAppendReq, BatchAppendResp } from '@eventstore/db-client/generated/streams_pb.js';
import type { Clock } from '../../runtime/runtime.ts';

/** A stream of append requests. Answers may come in another order than the requests. */
export type BatchStream = {
  /**
   * Sends a request. Rejects if the stream ends before the answer. If a request is sent again with the same correlation
   * id, the answer to the first one may resolve it.
   */
  send(request: BatchAppendReq): Promise<BatchAppendResp>;
  /** Stops waiting for the answer to a request, and rejects it with `why`. */
  forget(request: BatchAppendReq, why: unknown): void;
  /** For how long requests have been pending without any answer arriving. */
  silentMs(): number;
  cancel(): void;
};

export type BatchStreamOptions = {
  readonly clock: Clock;
  /** Called once, with what ended the stream. */
  readonly onEnd: (error: unknown) => void;
};

/**
 * Opens a stream of appends. It uses the client's connection, but not its `appendToStream`, which keeps the pending
 * appends of all clients of a process in one table. There, one broken stream rejects the appends of all other streams,
 * whose later answers then end the process; and appends that wait to be written are rejected where nothing can catch
 * it.
 */
export const openBatchStream = async (
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
