import type { EventStoreDBClient } from '@eventstore/db-client';
import { openClientCall } from './client.ts';
import type { GrpcCall } from './grpc-connection.ts';
import type { OwnAppends } from './own-appends.ts';
import { type ReadMessage, readMessage } from './read-messages.ts';

/** A read or a subscription under way. */
export type ReadCall = {
  /**
   * Resolves to all that has arrived since it was last called, once there is something; undefined at the end, or when the
   * signal has aborted. Rejects when the call has failed, after all that came before.
   */
  next(): Promise<readonly ReadMessage[] | undefined>;
  /** Ends the call as failed. */
  fail(error: Error): void;
  cancel(): void;
};

export type ReadCallOptions = {
  readonly client: EventStoreDBClient;
  readonly request: Buffer;
  readonly own: Pick<OwnAppends, 'get'>;
  readonly requiresLeader: boolean;
  readonly signal: AbortSignal;
};

/** What may have arrived for a slow reader. Beyond it nothing is taken from the socket, so that the server waits. */
const MOST_WAITING_BYTES = 262_144;

export const openReadCall = ({ client, request, own, requiresLeader, signal }: ReadCallOptions): ReadCall => {
  let arrived: ReadMessage[] = [];
  let arrivedBytes = 0;
  let over: { readonly error: Error | undefined } | undefined;
  let call: GrpcCall | undefined;
  let wake: (() => void) | undefined;

  const stir = (): void => {
    wake?.();
    wake = undefined;
  };
  const end = (error: Error | undefined): void => {
    over ??= { error };
    stir();
  };
  const cancel = (): void => {
    call?.cancel();
    end(undefined);
  };

  openClientCall(client, {
    method: 'Read',
    requiresLeader,
    by: 'turn',
    onMessages: (messages) => {
      for (const message of messages) {
        arrived.push(readMessage(message, own));
        arrivedBytes += message.length;
      }
      if (arrivedBytes > MOST_WAITING_BYTES) call?.pause();
      stir();
    },
    onEnd: end,
  }).then((opened) => {
    call = opened;
    if (over === undefined) opened.end(request);
    else opened.cancel();
  }, end);

  return {
    next: async () => {
      while (arrived.length === 0 && over === undefined && !signal.aborted) {
        signal.addEventListener('abort', stir, { once: true });
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
        signal.removeEventListener('abort', stir);
      }
      if (signal.aborted) return undefined;
      if (arrived.length > 0) {
        const messages = arrived;
        arrived = [];
        if (arrivedBytes > MOST_WAITING_BYTES) call?.resume();
        arrivedBytes = 0;
        return messages;
      }
      if (over?.error !== undefined) throw over.error;
      return undefined;
    },
    fail: (error) => {
      call?.cancel();
      end(error);
    },
    cancel,
  };
};
