import { type AllStreamResolvedEvent, START, streamNameFilter } from '@eventstore/db-client';
import type { Runtime } from '../../runtime/runtime.ts';
import { type Chunk, chunksOf } from './chunks.ts';
import { closeClient, openClient } from './client.ts';

/** A node that does not confirm a subscription within this time can't serve it. */
const CONFIRM_MS = 10_000;
/** The server reports a checkpoint after this many times 32 events that the filter left out. */
const CHECKPOINT_INTERVAL = 32;
/** Positions are signed 64-bit numbers. Servers up to 24.10.4 send 2^64 - 1 if there is no position. */
const LAST_POSITION = 9_223_372_036_854_775_807n;

/** A subscription to the events of all streams. */
export type AllEvents = {
  /**
   * Resolves to the next events as they arrive; undefined when the subscription has ended. Rejects when it has failed.
   */
  next(): Promise<Chunk<AllStreamResolvedEvent> | undefined>;
  /** Tells whether the server has reported that all existing events were sent. */
  isLive(): boolean;
  /** The position up to which the server has searched. Valid only after `next` has returned all events before it. */
  checkpoint(): bigint;
  close(): void;
};

export type AllEventsOptions = {
  readonly connectionString: string;
  readonly prefix: string;
  readonly timers: Runtime['timers'];
  /** Exclusive. */
  readonly after: bigint;
  readonly signal: AbortSignal;
};

/**
 * Opens a subscription to `$all`, filtered to streams that begin with the prefix. It has its own connection, so that a
 * slow reader does not delay other requests and nothing of the connection is reused after a failure.
 */
export const openAllEvents = ({ connectionString, prefix, timers, after, signal }: AllEventsOptions): AllEvents => {
  const client = openClient(connectionString);
  let live = false;
  let checkpoint = after;
  const subscription = client.subscribeToAll({
    fromPosition: after === 0n ? START : { commit: after, prepare: after },
    filter: streamNameFilter({
      prefixes: [prefix],
      checkpointInterval: CHECKPOINT_INTERVAL,
      // A checkpoint counts only while no event is buffered: otherwise a resumed subscription would skip those events.
      checkpointReached: (_, { commit }) => {
        if (commit > checkpoint && commit <= LAST_POSITION && subscription.readableLength === 0) checkpoint = commit;
      },
    }),
  });
  const chunks = chunksOf<AllStreamResolvedEvent>(subscription, signal);
  const iterator = chunks[Symbol.asyncIterator]();
  const cancelWatch = timers.after(CONFIRM_MS, () => {
    subscription.destroy(new Error(`the subscription was not confirmed in ${CONFIRM_MS} ms`));
  });
  subscription.once('confirmation', cancelWatch);
  subscription.on('caughtUp', () => {
    live = true;
    chunks.stir();
  });

  return {
    next: async () => {
      const { value, done } = await iterator.next();
      return done ? undefined : value;
    },
    isLive: () => live,
    checkpoint: () => checkpoint,
    close: () => {
      cancelWatch();
      subscription.unsubscribe().catch(() => {});
      void closeClient(client);
    },
  };
};
