import type { World } from '../../runtime/world.ts';
import type { ReceivedEvent } from '../log-tail.ts';
import { closeClient, openClient } from './client.ts';
import type { OwnAppends } from './own-appends.ts';
import { openReadCall } from './read-call.ts';
import { eventIn, subscribeRequest } from './read-messages.ts';

/** A node that does not confirm a subscription within this time can't serve it. */
const CONFIRM_MS = 10_000;
/** The server reports a checkpoint after this many times 32 events that the filter left out. */
const CHECKPOINT_INTERVAL = 32;
/** Positions are signed 64-bit numbers. Servers up to 24.10.4 send 2^64 - 1 if there is no position. */
const LAST_POSITION = 9_223_372_036_854_775_807n;

/** A subscription to the events of all streams. */
export type AllEvents = {
  /**
   * Resolves to the next events as they arrive, which may be none where something else has changed; undefined when the
   * subscription has ended. Rejects when it has failed.
   */
  next(): Promise<readonly ReceivedEvent[] | undefined>;
  /** Tells whether the server has reported that all existing events were sent. */
  isLive(): boolean;
  /** The position up to which the server has searched, among what `next` has returned. */
  checkpoint(): bigint;
  close(): void;
};

export type AllEventsOptions = {
  readonly connectionString: string;
  readonly prefix: string;
  readonly own: Pick<OwnAppends, 'get'>;
  readonly timers: World['timers'];
  /** Exclusive. */
  readonly after: bigint;
  readonly signal: AbortSignal;
};

/**
 * Opens a subscription to `$all`, filtered to streams that begin with the prefix. It has its own connection, so that a
 * slow reader does not delay other requests and nothing of the connection is reused after a failure.
 */
export const openAllEvents = ({
  connectionString,
  prefix,
  own,
  timers,
  after,
  signal,
}: AllEventsOptions): AllEvents => {
  const client = openClient(connectionString);
  let live = false;
  let checkpoint = after;
  const request = subscribeRequest({ after, prefix, checkpointInterval: CHECKPOINT_INTERVAL });
  const call = openReadCall({ client, request, requiresLeader: false, signal });
  const cancelWatch = timers.after(CONFIRM_MS, () => {
    call.fail(new Error(`the subscription was not confirmed in ${CONFIRM_MS} ms`));
  });

  return {
    next: async () => {
      const messages = await call.next();
      if (messages === undefined) return undefined;
      const events: ReceivedEvent[] = [];
      for (const message of messages) {
        const event = eventIn(message, own);
        if (event !== undefined) events.push(event);
        const searched = BigInt(message.getCheckpoint()?.getCommitPosition() ?? 0);
        if (searched > checkpoint && searched <= LAST_POSITION) checkpoint = searched;
        if (message.hasConfirmation()) cancelWatch();
        if (message.hasCaughtUp()) live = true;
      }
      return events;
    },
    isLive: () => live,
    checkpoint: () => checkpoint,
    close: () => {
      cancelWatch();
      call.cancel();
      void closeClient(client);
    },
  };
};
