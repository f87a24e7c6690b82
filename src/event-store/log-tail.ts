import type { Codec } from './codec.ts';
import type { StreamParked } from './errors.ts';
import { ofForm, parkNewer, toReadTextEvent, toTextEvent } from './forms.ts';
import type { DecodedPage } from './paged-subscription.ts';
import { PAGE_LIMIT } from './paged-subscription.ts';
import {
  comparePositions,
  type DecodedEvent,
  type Delivered,
  type DeliveredAs,
  type NewEvent,
  type Position,
} from './port.ts';
import type { StoredEvent } from './stored-event.ts';

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

/**
 * The newest events of the log, for all subscriptions of a process that have caught up. Its feed waits for none of them: the
 * oldest pages are dropped, and a subscription further behind reads the log itself.
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
  /** Returns the known events after the position, up to the size of a page; `undefined` if the tail does not cover it. */
  after<A extends DeliveredAs = 'events'>(
    position: Position,
    wanted: WantedEvents<A>,
  ): DecodedPage<Delivered[A]> | undefined;
  /** Resolves when a page is added, when the tail does not cover the position, or when the signal aborts. */
  more(position: Position, signal: AbortSignal): Promise<void>;
};

const LIMIT = { events: 10_000, bytes: 8 * 1_048_576 } as const;

export const createLogTail = (codec: Codec): LogTail => {
  /** By start position, oldest first. */
  const pages = new Map<Position, TailPage>();
  const waiting = new Set<() => void>();
  let bounds: { readonly begin: Position; readonly end: Position } | undefined;
  let isAtEnd = false;
  let [eventCount, sizeBytes] = [0, 0];

  const wake = (): void => {
    for (const one of waiting) one();
  };

  const covers = (position: Position): boolean => bounds !== undefined && comparePositions(bounds.begin, position) <= 0;

  const trim = (end: Position): void => {
    for (const [after, oldest] of pages) {
      if (pages.size === 1 || (eventCount <= LIMIT.events && sizeBytes <= LIMIT.bytes)) return;
      pages.delete(after);
      eventCount -= oldest.events.length;
      sizeBytes -= oldest.sizeBytes;
      bounds = { begin: oldest.considered, end };
    }
  };

  const reset = (position: Position | undefined): void => {
    pages.clear();
    [eventCount, sizeBytes] = [0, 0];
    bounds = position === undefined ? undefined : { begin: position, end: position };
    isAtEnd = true;
    wake();
  };

  /** The page with the event after the position. Only a subscription that joins is not at the begin of a page. */
  const pageAfter = (position: Position): TailPage | undefined => {
    const next = pages.get(position);
    if (next !== undefined || bounds === undefined || comparePositions(bounds.end, position) <= 0) return next;
    for (const page of pages.values()) if (comparePositions(page.considered, position) > 0) return page;
    return undefined;
  };

  const decoded = (event: TailEvent): DecodedEvent | undefined => {
    const { stored, appended } = event;
    event.read ??= { decoded: appended && codec.recall ? codec.recall(appended, stored) : codec.decode(stored) };
    return event.read.decoded;
  };

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
        pages.set(after, page);
        bounds = { begin: bounds?.begin ?? after, end: considered };
        eventCount += page.events.length;
        sizeBytes += page.sizeBytes;
        trim(considered);
      }
      isAtEnd = page.atEnd;
      wake();
    },
    begin: reset,
    clear: () => reset(undefined),
    covers,
    after: <A extends DeliveredAs = 'events'>(position: Position, { streamPrefixes, as }: WantedEvents<A>) => {
      if (bounds === undefined || !covers(position)) return undefined;
      const read = ofForm(readers, as);
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
      return { events, considered, atEnd: isAtEnd && comparePositions(considered, bounds.end) >= 0 };
    },
    more: (position, signal) =>
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
      }),
  };
};

/** Returns whether a stream's name begins with one of these; true if there are none. */
export const passes = (stream: string, prefixes: readonly string[] | undefined): boolean =>
  prefixes === undefined || prefixes.some((prefix) => stream.startsWith(prefix));
