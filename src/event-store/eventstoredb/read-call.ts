import type { EventStoreDBClient } from '@eventstore/db-client';
import type { ReadReq, ReadResp } from '@eventstore/db-client/generated/streams_pb.js';
import type { ClientReadableStream } from '@grpc/grpc-js';
import { openStream } from './client.ts';

/** A read or a subscription under way. */
export type ReadCall = {
  /**
   * Resolves to all that has arrived since it was last called, once there is something; undefined at the end, or when the
   * signal has aborted. Rejects when the call has failed, after all that came before.
   */
  next(): Promise<readonly ReadResp[] | undefined>;
  /** Ends the call as failed. */
  fail(error: Error): void;
  cancel(): void;
};

export type ReadCallOptions = {
  readonly client: EventStoreDBClient;
  readonly request: ReadReq;
  readonly requiresLeader: boolean;
  readonly signal: AbortSignal;
};

/** What may have arrived for a slow reader. Beyond it nothing is taken from the socket, so that the server waits. */
const MOST_WAITING_BYTES = 262_144;
/** Of a message without the data of its event. */
const EMPTY_BYTES = 256;

export const openReadCall = ({ client, request, requiresLeader, signal }: ReadCallOptions): ReadCall => {
  let arrived: ReadResp[] = [];
  let arrivedBytes = 0;
  let over: { readonly error: Error | undefined } | undefined;
  let call: ClientReadableStream<ReadResp> | undefined;
  let wake: (() => void) | undefined;

  const stir = (): void => {
    wake?.();
    wake = undefined;
  };
  const end = (error: Error | undefined): void => {
    over ??= { error };
    stir();
  };
  const finish = (error: Error | undefined): void => {
    end(error);
    // A read that was left after its last event mostly ends by itself within this turn of the event loop.
    setImmediate(() => call?.cancel());
  };
  const arrive = (message: ReadResp): void => {
    // Each comes by itself. Those of one turn of the event loop are handed on together.
    if (arrived.push(message) === 1) setImmediate(stir);
    arrivedBytes += EMPTY_BYTES + (message.getEvent()?.getEvent()?.getData_asU8().length ?? 0);
    if (arrivedBytes > MOST_WAITING_BYTES) call?.pause();
  };

  openStream(client, {
    requiresLeader,
    begin: (grpcClient, ...args) =>
      grpcClient
        .read(request, ...args)
        .on('data', arrive)
        .on('error', end)
        .on('end', () => end(undefined)),
  }).then((opened) => {
    call = opened;
    if (over !== undefined) opened.cancel();
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
    fail: finish,
    cancel: () => finish(undefined),
  };
};
