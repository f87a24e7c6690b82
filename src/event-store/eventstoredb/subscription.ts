import type { Codec } from '../codec.ts';
import { createFormReaders, ofForm } from '../forms.ts';
import { createLogTail, passes, type WantedEvents } from '../log-tail.ts';
import { type PageSource, pagedSubscription } from '../paged-subscription.ts';
import {
  type Delivered,
  type DeliveredAs,
  LOG_START,
  type Position,
  type SubscribeOptions,
  type SubscriptionItem,
} from '../port.ts';
import type { LogFeed } from './log-feed.ts';

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
export const createSubscribe = ({ codec, openFeed }: Options) => {
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
    let own: LogFeed | undefined;
    let follows = false;
    const follow = (): void => {
      if (own !== feed) own?.close();
      own = undefined;
      if (!follows) followers += 1;
      follows = true;
    };
    const close = (): void => {
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
        return tail.after(after, wanted);
      },
      moreAfter: (position, signal) => tail.more(position, signal),
      mend: (error) => Promise.reject(error),
      close,
    };
  };

  return async function* <A extends DeliveredAs = 'events'>({
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
      source.close();
    }
  };
};
