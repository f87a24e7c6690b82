import { abortable } from './abortable.ts';
import type { Codec, DecodedEvent, RawEvent } from './codec.ts';
import { itemsOfDecoded } from './decoded.ts';
import { comparePositions, LOG_START, type Position, type SubscriptionItem } from './port.ts';

export type LogPage = {
  /** In log order, those that pass the filter. */
  readonly events: readonly RawEvent[];
  /** Everything up to here was looked at. */
  readonly considered: Position;
  /** Whether the log had nothing more. */
  readonly atEnd: boolean;
};

/** A page ends at whichever comes first; it holds one event at least. */
export const PAGE_LIMIT = { events: 2_000, bytes: 4 * 1_048_576 } as const;

/** A page that need not be read: what this process has appended itself. */
export type DecodedPage = Omit<LogPage, 'events'> & { readonly events: readonly DecodedEvent[] };

/** What an adapter gives to be subscribed to. */
export type PageSource = {
  page(after: Position): Promise<LogPage>;
  /** What follows this position, where it is at hand. Only who has caught up once is handed anything. */
  atHand?(after: Position): DecodedPage | undefined;
  /** Resolves when there may be something after this position, or the signal aborts. */
  moreAfter(position: Position, signal: AbortSignal): Promise<void>;
  /** Called after the n-th failure in a row to read a page: resolves when it is time to try again. */
  mend(error: unknown, failures: number, signal: AbortSignal): Promise<void>;
};

/**
 * Reads page by page at the reader's pace: while one is being handled the next is on its way, and no more than these
 * two are held. Once it has caught up, what is at hand comes first.
 */
export async function* pagedSubscription(
  source: PageSource,
  codec: Codec,
  { after = LOG_START, signal }: { after?: Position | undefined; signal: AbortSignal },
): AsyncGenerator<SubscriptionItem, void, undefined> {
  let reached = after;
  let failures = 0;
  let next = ask(source, reached);
  let saidAt: Position | undefined;
  while (!signal.aborted) {
    let page: LogPage | undefined;
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
    yield* itemsOf({ ...page, events: decodeAll(codec, page.events) }, before);
    if (isAhead) continue;

    let { atEnd } = page;
    do {
      if (atEnd) {
        if (reached !== saidAt) yield { kind: 'caughtUp', position: reached };
        saidAt = reached;
        await abortable(source.moreAfter(reached, signal), signal);
      }
      const handed = saidAt === undefined ? undefined : source.atHand?.(reached);
      if (handed === undefined) break;
      yield* itemsOf(handed, reached);
      ({ considered: reached, atEnd } = handed);
    } while (!signal.aborted);
    if (!signal.aborted) next = ask(source, reached);
  }
}

function* itemsOf({ events, considered }: DecodedPage, before: Position): Generator<SubscriptionItem> {
  yield* itemsOfDecoded(events);
  const given = events.at(-1)?.position ?? before;
  if (comparePositions(given, considered) < 0) yield { kind: 'checkpoint', position: considered };
}

/** A page asked for ahead may fail before anybody waits for it: that must not count as unhandled. */
const ask = (source: PageSource, after: Position): Promise<LogPage> => {
  const page = source.page(after);
  page.catch(() => {});
  return page;
};

const decodeAll = (codec: Codec, raw: readonly RawEvent[]): DecodedEvent[] => {
  const decoded: DecodedEvent[] = [];
  for (const each of raw) {
    const one = codec.decode(each);
    if (one !== undefined) decoded.push(one);
  }
  return decoded;
};
