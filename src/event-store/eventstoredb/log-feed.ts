import { type AllStreamResolvedEvent, START, streamNameFilter } from '@eventstore/db-client';
import { type Backoff, backoffMs, withFullJitter } from '../../runtime/retry.ts';
import type { Runtime } from '../../runtime/runtime.ts';
import type { Codec } from '../codec.ts';
import { createFormReaders, ofForm } from '../forms.ts';
import {
  createLogTail,
  type PageSource,
  pagedSubscription,
  passes,
  type TailPage,
  type WantedEvents,
} from '../log-tail.ts';
import {
  type Delivered,
  type DeliveredAs,
  LOG_START,
  type Position,
  positionOf,
  type SubscribeOptions,
  type SubscriptionItem,
} from '../port.ts';
import { closeClient, openClient } from './client.ts';
import { isStaleNode, type LogConnection, noPlace, rejectionIn } from './failures.ts';
import { type Chunk, chunksOf, isSystemEvent, storedEvent } from './stream-reads.ts';

type Options = {
  readonly codec: Codec;
  /** Opens a separate connection to the log. */
  readonly openFeed: (after: Position) => LogFeed;
};

/**
 * Creates the subscriptions of a process. Each catches up over its own connection, at its reader's pace. The first that has
 * caught up leaves its connection to the tail, and the others close theirs: so each event is transferred and decoded once,
 * however many subscriptions follow. A reader that falls behind the tail catches up over its own connection again.
 */
export const createSubscriptions = ({ codec, openFeed }: Options) => {
  const tail = createLogTail(codec);
  const readers = createFormReaders(codec);
  let feed: LogFeed | undefined;
  let followers = 0;

  const feedTail = async (from: LogFeed): Promise<void> => {
    try {
      for (let page = await from.next(); page !== undefined && feed === from; page = await from.next()) tail.add(page);
    } catch {
      // Following subscriptions get the same error when they read themselves.
    }
    if (feed !== from) return;
    feed = undefined;
    tail.clear();
  };

  const startTail = (from: LogFeed): void => {
    feed = from;
    tail.begin(from.reached());
    void feedTail(from);
  };

  const leave = (): void => {
    followers -= 1;
    if (followers > 0) return;
    feed?.close();
    feed = undefined;
    tail.clear();
  };

  const sourceOf = <A extends DeliveredAs = 'events'>(
    wanted: WantedEvents<A>,
  ): PageSource<Delivered[A]> & { close(): void } => {
    const reader = tail.reader(wanted);
    let own: LogFeed | undefined;
    let follows = false;
    const follow = (): void => {
      if (own !== feed) own?.close();
      own = undefined;
      if (!follows) followers += 1;
      follows = true;
    };
    const close = (): void => {
      reader.close();
      own?.close();
      own = undefined;
      if (follows) leave();
      follows = false;
    };
    return {
      page: async (after) => {
        if (own?.reached() !== after) close();
        own ??= openFeed(after);
        const page = await own.next();
        if (page === undefined) return { events: [], considered: after, atEnd: true };
        if (page.atEnd && feed === undefined) startTail(own);
        if (page.atEnd && tail.covers(page.considered)) follow();
        const stored = page.events.map((event) => event.stored);
        return { ...page, events: stored.filter(({ stream }) => passes(stream, wanted.streamPrefixes)) };
      },
      atHand: (after) => {
        if (tail.covers(after)) follow();
        return reader.after(after);
      },
      moreAfter: (position, signal) => tail.more(position, signal),
      mend: (error) => Promise.reject(error),
      close,
    };
  };

  async function* subscribe<A extends DeliveredAs = 'events'>({
    streamPrefixes,
    as,
    ...options
  }: SubscribeOptions<A>): AsyncGenerator<SubscriptionItem<Delivered[A]>> {
    const source = sourceOf({ streamPrefixes, as });
    const { after = LOG_START, signal } = options;
    if (signal.aborted) return;
    signal.addEventListener('abort', source.close, { once: true });
    try {
      yield* pagedSubscription(source, ofForm(readers, as), { ...options, after });
    } finally {
      signal.removeEventListener('abort', source.close);
    }
  }
  return { subscribe, isUnchanged: tail.isUnchanged };
};

const RECONNECT: Backoff = { firstMs: 200, longestMs: 5_000 };

/** A connection that reads the log page by page and reconnects automatically. */
type LogFeed = {
  /**
   * Resolves to the next page, which can be empty at the end of the log; `undefined` when closed.
   * @throws LogMismatch if the log can show that it never had an event at the feed's position
   */
  next(): Promise<TailPage | undefined>;
  /** Position before the next page. */
  reached(): Position;
  close(): void;
};

export const openLogFeed = (source: LogConnection, after: Position): LogFeed => {
  const closing = new AbortController();
  let reached = after;
  const pages = pagesAfter(source, after, closing.signal);
  return {
    next: async () => {
      const { value } = await pages.next();
      if (value === undefined) return undefined;
      reached = value.considered;
      return value;
    },
    reached: () => reached,
    close: () => {
      closing.abort();
      // While it waits within a page, the signal ends it.
      void pages.return(undefined);
    },
  };
};

/**
 * The server filters only by the prefix of the installation. If it also filtered by streams, a reader would not learn that
 * it has reached the end of the log when the last events do not pass, because the server reports checkpoints only
 * occasionally. Every position of a page is that of an event of this installation, and so never beyond the end of its log.
 */
async function* pagesAfter(
  { world, onReconnect, outage, ...source }: LogConnection,
  after: Position,
  signal: AbortSignal,
): AsyncGenerator<TailPage, undefined, undefined> {
  let reached = after;
  let resumeAfter = BigInt(after);
  let failures = 0;
  let isAtEnd = false;
  let events: AllEvents | undefined;
  try {
    while (!signal.aborted) {
      let chunk: Chunk<AllStreamResolvedEvent> | undefined;
      try {
        events ??= openAllEvents({ ...source, timers: world.timers, after: resumeAfter, signal });
        chunk = await events.next();
        if (chunk === undefined && !signal.aborted) throw new Error('the server ended the subscription');
      } catch (error) {
        resumeAfter = later(BigInt(reached), events?.checkpoint() ?? 0n);
        events?.close();
        events = undefined;
        failures += 1;
        if (isStaleNode(error) && failures > 1 && resumeAfter > 0n) throw noPlace(positionOf(resumeAfter), error);
        onReconnect();
        const rejection = rejectionIn(error, 'read $all');
        // The first failure is not reported: the server cuts off slow readers, and an immediate retry succeeds.
        if (rejection !== undefined || failures > 1) outage.trouble(rejection ?? error);
        if (failures > 1) {
          await world.timers.sleep(withFullJitter(backoffMs(failures - 1, RECONNECT), world.random), signal);
        }
        continue;
      }
      if (chunk === undefined || events === undefined) return undefined;
      const atEnd = chunk.drained && events.isLive();
      if (chunk.items.length > 0 || events.isLive()) {
        failures = 0;
        outage.over();
      }
      const before = reached;
      const { events: kept, considered = reached } = sift(chunk, source.prefix);
      if (considered === reached && (!atEnd || isAtEnd)) continue;
      [reached, isAtEnd] = [considered, atEnd];
      // Positions are offsets in a file, so their distance is the size of what was written between them.
      const sizeBytes = Number(BigInt(reached) - BigInt(before));
      yield { after: before, events: kept, considered: reached, sizeBytes, atEnd };
    }
    return undefined;
  } finally {
    outage.over();
    events?.close();
  }
}

const sift = (
  { items }: Chunk<AllStreamResolvedEvent>,
  prefix: string,
): { events: TailPage['events']; considered?: Position } => {
  const kept: TailPage['events'][number][] = [];
  let considered: Position | undefined;
  for (const { event } of items) {
    if (event === undefined) continue;
    considered = positionOf(event.position.commit);
    if (!isSystemEvent(event)) kept.push({ stored: storedEvent(event, prefix) });
  }
  return { events: kept, ...(considered === undefined ? {} : { considered }) };
};

const later = (a: bigint, b: bigint): bigint => (a > b ? a : b);

/** A node that does not confirm a subscription within this time can't serve it. */
const CONFIRM_MS = 10_000;
/** The server reports a checkpoint after this many times 32 events that the filter excluded. */
const CHECKPOINT_INTERVAL = 32;
/** Positions are signed 64-bit numbers. Servers up to 24.10.4 send 2^64 - 1 if there is no position. */
const LAST_POSITION = 9_223_372_036_854_775_807n;

/** A subscription to the events of all streams. */
type AllEvents = {
  /**
   * Resolves to the next events as they arrive; undefined when the subscription has ended. Rejects when it has failed.
   */
  next(): Promise<Chunk<AllStreamResolvedEvent> | undefined>;
  /** Whether the server has reported that all existing events were sent. */
  isLive(): boolean;
  /** The position up to which the server has searched. Valid only after `next` has returned all events before it. */
  checkpoint(): bigint;
  close(): void;
};

type AllEventsOptions = {
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
const openAllEvents = ({ connectionString, prefix, timers, after, signal }: AllEventsOptions): AllEvents => {
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
