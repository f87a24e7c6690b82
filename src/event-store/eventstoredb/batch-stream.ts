import type { EventStoreDBClient } from '@eventstore/db-client';
import type { Clock } from '../../runtime/world.ts';
import { type AppendResponse, readResponse } from './append-messages.ts';
import { openClientCall } from './client.ts';

/** A stream of append requests. Answers may come in another order than the requests. */
export type BatchStream = {
  /**
   * Sends a request with this correlation id. Rejects if the stream ends before the answer. If a request is sent again
   * with the same id, the answer to the first one may resolve it.
   */
  send(correlationId: string, request: Buffer): Promise<AppendResponse>;
  /** Stops waiting for the answer to a request, and rejects it with `why`. */
  forget(correlationId: string, why: unknown): void;
  /** For how long requests have been pending without any answer arriving. */
  silentMs(): number;
  cancel(): void;
};

export type BatchStreamOptions = {
  readonly clock: Pick<Clock, 'monotonic'>;
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
  const waiting = new Map<string, PromiseWithResolvers<AppendResponse>>();
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

  const call = await openClientCall(client, {
    method: 'BatchAppend',
    requiresLeader: true,
    by: 'frame',
    onMessages: (messages) => {
      silentSinceMs = clock.monotonic();
      for (const message of messages) {
        const response = readResponse(message);
        waiting.get(response.correlationId)?.resolve(response);
        waiting.delete(response.correlationId);
      }
    },
    onEnd: (error) => end(error ?? new Error('the server ended the stream of appends')),
  });

  return {
    send: (id, request) => {
      if (ended) return gone.promise;
      if (waiting.size === 0) silentSinceMs = clock.monotonic();
      const answer = Promise.withResolvers<AppendResponse>();
      waiting.set(id, answer);
      call.send(request);
      return answer.promise;
    },
    forget: (id, why) => {
      waiting.get(id)?.reject(why);
      waiting.delete(id);
    },
    silentMs: () => (waiting.size === 0 ? 0 : clock.monotonic() - silentSinceMs),
    cancel: () => {
      call.cancel();
      end(new Error('the stream of appends was given up'));
    },
  };
};
