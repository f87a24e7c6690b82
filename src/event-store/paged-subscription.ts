import { StreamParked } from './errors.ts';
import type { ReadAs } from './forms.ts';
import { comparePositions, LOG_START, type Position, type SubscribeOptions, type SubscriptionItem } from './port.ts';
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
export type DecodedPage<E> = Omit<LogPage, 'events'> & { readonly events: readonly (E | StreamParked)[] };

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
  let next = ask(source, reached);
  let saidAt: Position | undefined;
  while (!signal.aborted) {
    let page: LogPage<StoredEvent> | undefined;
    try {
      page = await abortable(next, signal);
      failures = 0;
    } catch (error) {
      failures += 1;
      await abortable(source.mend(error, failures, signal), signal);
      if (!signal.aborted) next = ask(source, reached);
      continue;
    }
    if (page === undefined) return;
    const before = reached;
    reached = page.considered;
    const isAhead = !page.atEnd && saidAt === undefined;
    if (isAhead) next = ask(source, reached);
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
    if (!signal.aborted) next = ask(source, reached);
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
const ask = <E>(source: PageSource<E>, after: Position): Promise<LogPage<StoredEvent>> => {
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
