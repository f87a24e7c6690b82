import type { Codec } from './codec.ts';
import { StreamParked } from './errors.ts';
import { ofForm, parkNewer, type ReadAs, toReadTextEvent, toTextEvent } from './forms.ts';
import {
  comparePositions,
  type DecodedEvent,
  type Delivered,
  type DeliveredAs,
  LOG_START,
  type NewEvent,
  type Position,
  type StreamRange,
  type SubscribeOptions,
  type SubscriptionItem,
} from './port.ts';
import type { RawEvent, StoredEvent } from './stored-event.ts';

export type LogPage<E extends StoredEvent = RawEvent> = {
  /** The events that pass the filter, in log order. */
  readonly events: readonly E[];
  /** The page covers every event up to this position, whether it passed the filter or not. */
  readonly considered: Position;
  /** Whether the log ended here when the page was read. */
  readonly atEnd: boolean;
};

/** A page ends at the first limit that it reaches, and holds at least one event. */
export const PAGE_LIMIT = { events: 2_000, bytes: 4 * 1_048_576 } as const;

/** A page of events in the form that its reader requested. */
type DecodedPage<E> = Omit<LogPage, 'events'> & { readonly events: readonly (E | StreamParked)[] };

/** The reads of an adapter that a subscription is built on. */
export type PageSource<E> = {
  page(after: Position): Promise<LogPage<StoredEvent>>;
  /**
   * Returns the next page if it is in memory; without events and with the given position if more will follow. Called only
   * after the subscription has caught up once.
   */
  atHand?(after: Position): DecodedPage<E> | undefined;
  /** Resolves when there may be events after this position, or when the signal aborts. */
  moreAfter(position: Position, signal: AbortSignal): Promise<void>;
  /** Called when the subscription has ended. */
  close?(): void;
  /** Called after the n-th consecutive failure to read a page. Resolves when it is time to retry. */
  mend(error: unknown, failures: number, signal: AbortSignal): Promise<void>;
};

type PagedOptions = Pick<SubscribeOptions, 'after' | 'decodedAtOnce' | 'signal'>;

/**
 * Subscribes to a log that is read page by page. While the reader handles one page, the next is being read; further pages
 * wait until the reader requests them, so at most two are in memory. After catching up, pages in memory are used first.
 */
export async function* pagedSubscription<E extends { readonly position: Position }>(
  source: PageSource<E>,
  read: ReadAs<E>,
  { after = LOG_START, decodedAtOnce = PAGE_LIMIT.events, signal }: PagedOptions,
): AsyncGenerator<SubscriptionItem<E>, void, undefined> {
  let reached = after;
  let failures = 0;
  let next = request(source, reached);
  let saidAt: Position | undefined;
  try {
    while (!signal.aborted) {
      let page: LogPage<StoredEvent> | undefined;
      try {
        page = await abortable(next, signal);
        failures = 0;
      } catch (error) {
        failures += 1;
        await abortable(source.mend(error, failures, signal), signal);
        if (!signal.aborted) next = request(source, reached);
        continue;
      }
      if (page === undefined) return;
      const before = reached;
      reached = page.considered;
      const isAhead = !page.atEnd && saidAt === undefined;
      if (isAhead) next = request(source, reached);
      yield* itemsOf(decodedParts(read, page.events, decodedAtOnce), { before, considered: page.considered });
      if (isAhead) continue;

      let { atEnd } = page;
      let isSpent = atEnd;
      do {
        if (atEnd) {
          if (reached !== saidAt) yield { kind: 'caughtUp', position: reached };
          saidAt = reached;
        }
        if (isSpent) await abortable(source.moreAfter(reached, signal), signal);
        const handed = saidAt === undefined ? undefined : source.atHand?.(reached);
        if (handed === undefined) break;
        yield* itemsOf([handed.events], { before: reached, considered: handed.considered });
        isSpent = handed.atEnd || handed.considered === reached;
        ({ considered: reached, atEnd } = handed);
      } while (!signal.aborted);
      if (!signal.aborted) next = request(source, reached);
    }
  } finally {
    source.close?.();
  }
}

function* itemsOf<E extends { readonly position: Position }>(
  parts: Iterable<readonly (E | StreamParked)[]>,
  { before, considered }: { readonly before: Position; readonly considered: Position },
): Generator<SubscriptionItem<E>> {
  let given = before;
  for (const events of parts) {
    yield* itemsOfDecoded(events);
    given = events.at(-1)?.position ?? given;
  }
  if (comparePositions(given, considered) < 0) yield { kind: 'checkpoint', position: considered };
}

/** Starts to read a page. It may fail before anything awaits it, and must not count as an unhandled rejection. */
const request = <E>(source: PageSource<E>, after: Position): Promise<LogPage<StoredEvent>> => {
  const page = source.page(after);
  page.catch(() => {});
  return page;
};

/**
 * Decodes a page in parts, as the reader requests them. Handled parts are then collected while young, which halves the work
 * of the garbage collector in a rebuild.
 */
function* decodedParts<E>(
  read: ReadAs<E>,
  raw: readonly StoredEvent[],
  atOnce: number,
): Generator<readonly (E | StreamParked)[]> {
  for (let from = 0; from < raw.length; from += atOnce) {
    const decoded: (E | StreamParked)[] = [];
    for (const each of raw.slice(from, from + atOnce)) {
      const one = read(each);
      if (one !== undefined) decoded.push(one);
    }
    yield decoded;
  }
}

/**
 * Resolves to the promise's value, or to `undefined` as soon as the signal aborts. Removes its listener each time.
 * `Promise.race` with one long-lived promise would leak: that promise keeps a reaction for every wait, and a subscription
 * waits for months.
 */
const abortable = <T>(promise: Promise<T>, signal: AbortSignal): Promise<T | undefined> =>
  new Promise((resolve, reject) => {
    if (signal.aborted) {
      promise.catch(() => {});
      return resolve(undefined);
    }
    const abort = () => resolve(undefined);
    signal.addEventListener('abort', abort, { once: true });
    const leave = () => signal.removeEventListener('abort', abort);
    promise.then(
      (value) => {
        leave();
        resolve(value);
      },
      (error) => {
        leave();
        reject(error);
      },
    );
  });

/** Converts decoded events to subscription items. Consecutive events form one item; each unreadable one has its own. */
function* itemsOfDecoded<E>(decoded: readonly (E | StreamParked)[]): Generator<SubscriptionItem<E>, void, undefined> {
  let events: E[] = [];
  for (const one of decoded) {
    if (!(one instanceof StreamParked)) {
      events.push(one);
      continue;
    }
    if (events.length > 0) yield { kind: 'events', events };
    events = [];
    yield { kind: 'parked', position: one.position, parked: one };
  }
  if (events.length > 0) yield { kind: 'events', events };
}

/** An event of the tail. The first subscription that reads it decodes it for all of them. */
type TailEvent = {
  readonly stored: StoredEvent;
  /** The event as this process appended it, if it did. */
  readonly appended?: NewEvent;
  read?: { readonly decoded: DecodedEvent | undefined };
};

/** Consecutive events of the log. */
export type TailPage = {
  /** The position that the page begins after. */
  readonly after: Position;
  readonly events: readonly TailEvent[];
  /** The page covers every event up to this position. */
  readonly considered: Position;
  readonly sizeBytes: number;
  /** Whether the log ended here when the page was read. */
  readonly atEnd: boolean;
};

/** Reads an event of the tail in each form. Events are decoded once, for all subscriptions. */
type TailReaders = { readonly [A in DeliveredAs]: (event: TailEvent) => Delivered[A] | StreamParked | undefined };

export type WantedEvents<A extends DeliveredAs> = {
  readonly streamPrefixes?: readonly string[] | undefined;
  readonly as?: A | undefined;
};

/** A subscription that reads the tail. */
export type TailReader<E> = {
  /** Returns the known events after the position, up to the size of a page; `undefined` if the tail does not cover it. */
  after(position: Position): DecodedPage<E> | undefined;
  /** From now on no pages are kept for it. */
  close(): void;
};

/**
 * The newest events of the log, for all subscriptions of a process that have caught up. Pages that all of them have read are
 * dropped, except for the newest events. Its feed waits for no reader: of too many pages the oldest are dropped, and a
 * subscription further behind reads the log itself.
 */
export type LogTail = {
  /** Adds a page, and wakes waiting subscriptions. The tail begins again with a page that does not follow the last one. */
  add(page: TailPage): void;
  /** Begins at this position, without events. */
  begin(position: Position): void;
  /** Drops all pages. Waiting subscriptions wake up and have to read the log themselves. */
  clear(): void;
  /** Whether a subscription at this position can continue here. */
  covers(position: Position): boolean;
  /** Creates a reader. Pages are kept for it from its first read on. */
  reader<A extends DeliveredAs = 'events'>(wanted: WantedEvents<A>): TailReader<Delivered[A]>;
  /**
   * Returns whether the tail covers these positions and has no event of the stream between them. Waits for the last of them
   * until the signal aborts.
   */
  isUnchanged(stream: string, between: StreamRange, signal: AbortSignal): Promise<boolean>;
  /** Resolves when a page is added, when the tail does not cover the position, or when the signal aborts. */
  more(position: Position, signal: AbortSignal): Promise<void>;
};

const LIMIT = { events: 10_000, bytes: 8 * 1_048_576 } as const;
/** Newest events that are kept for further readers. */
const KEPT_EVENTS = 1_000;

export const createLogTail = (codec: Codec): LogTail => {
  /** Oldest first. */
  const pages: TailPage[] = [];
  const waiting = new Set<() => void>();
  let bounds: { readonly begin: Position; readonly end: Position } | undefined;
  /** How far each reader has read, of those that the tail covers. */
  const reached = new Map<object, Position>();
  let isAtEnd = false;
  let [eventCount, sizeBytes] = [0, 0];

  const wake = (): void => {
    for (const one of waiting) one();
  };

  const covers = (position: Position): boolean => bounds !== undefined && comparePositions(bounds.begin, position) <= 0;

  const isReadByAll = ({ considered }: TailPage): boolean => {
    for (const position of reached.values()) if (comparePositions(position, considered) < 0) return false;
    return true;
  };

  const trim = (): void => {
    for (let [oldest] = pages; bounds !== undefined && oldest !== undefined && pages.length > 1; [oldest] = pages) {
      const isTooLarge = eventCount > LIMIT.events || sizeBytes > LIMIT.bytes;
      const isSpare = eventCount - oldest.events.length >= KEPT_EVENTS;
      if (!isTooLarge && !(isSpare && isReadByAll(oldest))) return;
      pages.shift();
      eventCount -= oldest.events.length;
      sizeBytes -= oldest.sizeBytes;
      bounds = { begin: oldest.considered, end: bounds.end };
    }
  };

  const reset = (position: Position | undefined): void => {
    pages.length = 0;
    [eventCount, sizeBytes] = [0, 0];
    bounds = position === undefined ? undefined : { begin: position, end: position };
    isAtEnd = true;
    wake();
  };

  /** The page with the event after the position. Searched from the end, because readers are near it. */
  const pageAfter = (position: Position): TailPage | undefined =>
    pages[pages.findLastIndex(({ considered }) => comparePositions(considered, position) <= 0) + 1];

  const decoded = (event: TailEvent): DecodedEvent | undefined => {
    const { stored, appended } = event;
    event.read ??= { decoded: appended && codec.recall ? codec.recall(appended, stored) : codec.decode(stored) };
    return event.read.decoded;
  };

  const more: LogTail['more'] = (position, signal) =>
    new Promise((resolve) => {
      const isBehind = bounds !== undefined && comparePositions(position, bounds.end) < 0;
      if (signal.aborted || isBehind || !covers(position)) return resolve();
      const leave = () => {
        waiting.delete(leave);
        signal.removeEventListener('abort', leave);
        resolve();
      };
      waiting.add(leave);
      signal.addEventListener('abort', leave, { once: true });
    });

  const readers: TailReaders = {
    events: decoded,
    parking: (event) => parkNewer(event.stored, () => decoded(event)),
    undecoded: decoded,
    texts: ({ stored }) => toTextEvent(stored),
    both: (event) => toReadTextEvent(event.stored, decoded(event)),
  };

  return {
    add: (page) => {
      const { after, considered } = page;
      if (bounds?.end !== after) reset(after);
      if (considered !== after) {
        pages.push(page);
        bounds = { begin: bounds?.begin ?? after, end: considered };
        eventCount += page.events.length;
        sizeBytes += page.sizeBytes;
        trim();
      }
      isAtEnd = page.atEnd;
      wake();
    },
    begin: reset,
    clear: () => reset(undefined),
    covers,
    reader: <A extends DeliveredAs = 'events'>({ streamPrefixes, as }: WantedEvents<A>) => {
      const read = ofForm(readers, as);
      const self: TailReader<Delivered[A]> = {
        after: (position) => {
          if (bounds === undefined || !covers(position)) {
            self.close();
            return undefined;
          }
          const events: (Delivered[A] | StreamParked)[] = [];
          let considered = position;
          for (let readBytes = 0; events.length < PAGE_LIMIT.events && readBytes < PAGE_LIMIT.bytes; ) {
            const page = pageAfter(considered);
            if (page === undefined) break;
            for (const event of page.events) {
              const { stream, position: at } = event.stored;
              if (comparePositions(at, position) <= 0 || !passes(stream, streamPrefixes)) continue;
              const one = read(event);
              if (one !== undefined) events.push(one);
            }
            considered = page.considered;
            readBytes += page.sizeBytes;
          }
          reached.set(self, considered);
          trim();
          return { events, considered, atEnd: isAtEnd && comparePositions(considered, bounds.end) >= 0 };
        },
        close: () => reached.delete(self),
      };
      return self;
    },
    isUnchanged: async (stream, { after, until }, signal) => {
      const isMissing = () => bounds !== undefined && comparePositions(bounds.end, until) < 0;
      while (bounds !== undefined && isMissing() && !signal.aborted) await more(bounds.end, signal);
      if (!covers(after) || isMissing()) return false;
      for (let considered = after; comparePositions(considered, until) < 0; ) {
        const page = pageAfter(considered);
        if (page === undefined) return true;
        const isBetween = ({ stored: { stream: of, position } }: TailEvent): boolean =>
          of === stream && comparePositions(position, after) > 0 && comparePositions(position, until) <= 0;
        if (page.events.some(isBetween)) return false;
        ({ considered } = page);
      }
      return true;
    },
    more,
  };
};

/** Returns whether a stream's name begins with one of these; true if there are none. */
export const passes = (stream: string, prefixes: readonly string[] | undefined): boolean =>
  prefixes === undefined || prefixes.some((prefix) => stream.startsWith(prefix));
