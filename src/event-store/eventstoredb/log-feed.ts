import type { AllStreamResolvedEvent } from '@eventstore/db-client';
import { type Backoff, backoffMs, withFullJitter } from '../../runtime/backoff.ts';
import type { Runtime } from '../../runtime/runtime.ts';
import type { TailPage } from '../log-tail.ts';
import { type Position, positionOf } from '../port.ts';
import type { StoredEvent } from '../stored-event.ts';
import { type AllEvents, openAllEvents } from './all-events.ts';
import type { Chunk } from './chunks.ts';
import { isStaleNode, noPlace, type Outage, rejectionIn } from './failures.ts';
import { isSystemEvent, storedEvent } from './raw-event.ts';

const RECONNECT: Backoff = { firstMs: 200, longestMs: 5_000 };

export type FeedSource = {
  readonly connectionString: string;
  readonly prefix: string;
  readonly world: Runtime;
  readonly onReconnect: () => void;
  readonly outage: Outage;
};

/** What a connection brings of the log, page after page. It connects again by itself. */
export type LogFeed = {
  /**
   * Resolves to the next page, which may have no events where the end of the log was reached; undefined once closed.
   * @throws LogMismatch if the log can tell that it never had an event where the feed goes on
   */
  next(): Promise<TailPage | undefined>;
  /** Where the next page begins. */
  reached(): Position;
  close(): void;
};

export const openLogFeed = (source: FeedSource, after: Position): LogFeed => {
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
      // If it waits within a page, it ends by the signal.
      void pages.return(undefined);
    },
  };
};

/**
 * The server filters only by the prefix of the installation. If it filtered by streams, too, a reader would not learn
 * that it has reached the end of the log when the last events do not pass: the server reports its checkpoint only now
 * and then. Every position of a page is that of an event of this installation, and so never beyond the end of its log.
 */
async function* pagesAfter(
  { world, onReconnect, outage, ...source }: FeedSource,
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
        // The first failure is not reported: the server cuts off slow readers, and the retry succeeds at once.
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
      const { stored, considered = reached } = sift(chunk, source.prefix);
      if (considered === reached && (!atEnd || isAtEnd)) continue;
      [reached, isAtEnd] = [considered, atEnd];
      // Positions are places in a file, so their distance is what was written between them.
      const sizeBytes = Number(BigInt(reached) - BigInt(before));
      yield { after: before, events: stored, considered: reached, sizeBytes, atEnd };
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
): { stored: StoredEvent[]; considered?: Position } => {
  const stored: StoredEvent[] = [];
  let considered: Position | undefined;
  for (const { event } of items) {
    if (event === undefined) continue;
    considered = positionOf(event.position.commit);
    if (!isSystemEvent(event)) stored.push(storedEvent(event, prefix));
  }
  return { stored, ...(considered === undefined ? {} : { considered }) };
};

const later = (a: bigint, b: bigint): bigint => (a > b ? a : b);
