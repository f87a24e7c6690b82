import type { EventStoreDBClient } from '@eventstore/db-client';
import { StreamsClient } from '@eventstore/db-client/generated/streams_grpc_pb.js';
import type { BatchAppendReq, BatchAppendResp } from '@eventstore/db-client/generated/streams_pb.js';

type Waiting = { readonly resolve: (answer: BatchAppendResp) => void; readonly reject: (error: unknown) => void };

/** One stream of appends and their answers, in whatever order these come. */
export type BatchStream = {
  /** Rejects with whatever ended the stream before there was an answer. */
  send(request: BatchAppendReq): Promise<BatchAppendResp>;
  cancel(): void;
};

/**
 * Not the client's own `appendToStream`, which shares one table of pending appends among all clients of a process: a
 * stream that breaks rejects the appends of all others, whose answers then end the process, and appends that wait to be
 * written are rejected where nobody can catch it. Only its connection is used here.
 * @param onEnd called once, with what ended it
 */
export const openBatchStream = async (
  client: EventStoreDBClient,
  onEnd: (error: unknown) => void,
): Promise<BatchStream> => {
  const waiting = new Map<string, Waiting>();
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
      return new Promise((resolve, reject) => {
        waiting.set(request.getCorrelationId()?.getString() ?? '', { resolve, reject });
        stream.write(request);
      });
    },
    cancel: () => {
      stream.cancel();
      end(new Error('the stream of appends was given up'));
    },
  };
};
