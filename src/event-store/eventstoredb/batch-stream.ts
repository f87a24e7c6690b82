import type { EventStoreDBClient } from '@eventstore/db-client';
import { StreamsClient } from '@eventstore/db-client/generated/streams_grpc_pb.js';
import type { BatchAppendReq, BatchAppendResp } from '@eventstore/db-client/generated/streams_pb.js';
import type { Clock } from '../../world.ts';

/** One stream of appends and their answers, in whatever order these come. */
export type BatchStream = {
  /**
   * Rejects with whatever ended the stream before there was an answer. What is sent again under the same correlation id
   * may be answered by the answer to the first one.
   */
  send(request: BatchAppendReq): Promise<BatchAppendResp>;
  /** No answer to this one is waited for any more: it is rejected with this. */
  forget(request: BatchAppendReq, why: unknown): void;
  /** How long answers have been waited for without one of any kind. */
  silentMs(): number;
  cancel(): void;
};

export type BatchStreamOptions = {
  readonly clock: Pick<Clock, 'monotonic'>;
  /** Called once, with what ended the stream. */
  readonly onEnd: (error: unknown) => void;
};

/**
 * Not the client's own `appendToStream`, which shares one table of pending appends among all clients of a process: a
 * stream that breaks rejects the appends of all others, whose answers then end the process, and appends that wait to be
 * written are rejected where nobody can catch it. Only its connection is used here.
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
    // Said a turn later: the client is told of the same failure, and must have left the channel before it is used again.
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
      .on('end', () => end(new Error('the server ended the stream of appends'))),
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
      end(new Error('the stream of appends was given up'));
    },
  };
};
