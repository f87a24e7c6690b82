import { type AllStreamResolvedEvent, START, streamNameFilter } from '@eventstore/db-client';
import type { World } from '../../world.ts';
import { type Chunk, chunksOf } from './chunks.ts';
import { closeClient, openClient } from './client.ts';

/** A subscription that isn't confirmed by then stands on a node that can't serve it. */
const CONFIRM_MS = 10_000;
/** Times the server's search window of 32 events: how often it says how far it has looked among the events of others. */
const CHECKPOINT_INTERVAL = 32;
/** Positions are signed 64-bit numbers; servers up to 24.10.4 send 2^64 - 1 for none. */
const LAST_POSITION = 9_223_372_036_854_775_807n;

export type AllEvents = {
  /** What has come, as it comes; undefined when the subscription has ended. Rejects when it has failed. */
  next(): Promise<Chunk<AllStreamResolvedEvent> | undefined>;
  /** Whether the server has said that nothing is left but what is still to come. */
  isLive(): boolean;
  /** How far the server has looked. Holds for the reader only once it has taken all that came before. */
  checkpoint(): bigint;
  close(): void;
};

export type AllEventsOptions = {
  readonly connectionString: string;
  readonly prefix: string;
  readonly timers: World['timers'];
  /** Exclusive. */
  readonly after: bigint;
  readonly signal: AbortSignal;
};

/**
 * One subscription to `$all`, of streams that begin with the prefix, until it ends or fails. It has a connection of its
 * own: a slow reader then holds up nobody else's, and nothing of an old connection is left after a failure.
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
      // Only what comes after the last event taken counts: of what still waits here, none may be passed by.
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
