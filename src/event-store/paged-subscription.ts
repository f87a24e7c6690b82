import { abortable } from './abortable.ts';
import type { Codec, RawEvent } from './codec.ts';
import { comparePositions, LOG_START, type Position, type RecordedEvent, type SubscriptionItem } from './port.ts';

export type Page = {
  /** In log order, those that pass the filter. */
  readonly events: readonly RawEvent[];
  /** Everything up to here was looked at. */
  readonly considered: Position;
  /** Whether the log had nothing more. */
  readonly atEnd: boolean;
};

/** A page ends at whichever comes first; it holds one event at least. */
export const PAGE_LIMIT = { events: 2_000, bytes: 4 * 1_048_576 } as const;

/** What an adapter gives to be subscribed to. */
export type PageSource = {
  page(after: Position): Promise<Page>;
  /** Resolves when there may be something after this position, or the signal aborts. */
  moreAfter(position: Position, signal: AbortSignal): Promise<void>;
  /** Called after the n-th failure in a row to read a page: resolves when it is time to try again. */
  mend(error: unknown, failures: number, signal: AbortSignal): Promise<void>;
};

/**
 * Reads page by page at the reader's pace: while one is being handled the next is on its way, and no more than these
 * two are held.
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
    let page: Page | undefined;
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
    if (!page.atEnd) next = ask(source, reached);

    const events = decodeAll(codec, page.events);
    if (events.length > 0) yield { kind: 'events', events };
    const given = events.at(-1)?.position ?? before;
    if (comparePositions(given, reached) < 0) yield { kind: 'checkpoint', position: reached };
    if (!page.atEnd) continue;

    if (reached !== saidAt) yield { kind: 'caughtUp', position: reached };
    saidAt = reached;
    await abortable(source.moreAfter(reached, signal), signal);
    if (!signal.aborted) next = ask(source, reached);
  }
}

/** A page asked for ahead may fail before anybody waits for it: that must not count as unhandled. */
const ask = (source: PageSource, after: Position): Promise<Page> => {
  const page = source.page(after);
  page.catch(() => {});
  return page;
};

const decodeAll = (codec: Codec, raw: readonly RawEvent[]): RecordedEvent[] => {
  const events: RecordedEvent[] = [];
  for (const one of raw) {
    const event = codec.decode(one);
    if (event !== undefined) events.push(event);
  }
  return events;
};
