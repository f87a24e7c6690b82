import type { Codec, RawEvent } from '../codec.ts';
import { readable } from '../last-event.ts';
import { passes } from '../log-tail.ts';
import { PAGE_LIMIT } from '../paged-subscription.ts';
import { type DeliveredAs, type Position, positionOf, type RecordedEvent } from '../port.ts';
import { decodeVerbatim } from '../verbatim.ts';
import type { NewEventRow } from './judge-batch.ts';

/** The events of one transaction of this process. `end` is the end of the log before it. */
export type OwnCommit = {
  readonly end: number;
  readonly recordedAtMs: number;
  readonly rows: readonly NewEventRow[];
};

/** Consecutive events of the log, up to the position `considered`. */
export type OwnPage = { readonly events: readonly RecordedEvent[]; readonly considered: Position };

/**
 * A cache of the events that this process appended last. A subscription that has reached the position where one of
 * these commits began takes the events from here, and need not read and decode them again. At any other position it
 * reads from Postgres.
 */
export type OwnEvents = {
  add(commit: OwnCommit): void;
  /**
   * Returns the cached events after this position; undefined if none follow directly or they must be read from
   * Postgres.
   */
  after(position: Position, streamPrefixes: readonly string[] | undefined, as?: DeliveredAs): OwnPage | undefined;
  /** Empties the cache. Call it after a cut, because cached events may be gone from the log. */
  forget(): void;
};

/** The maximum size of the cache. A subscription that is further behind reads from Postgres. */
const CACHE_LIMIT = { events: 10_000, bytes: 8 * 1_048_576 } as const;

type KeptCommit = OwnCommit & {
  readonly considered: Position;
  readonly sizeBytes: number;
  /** Decoded at first use, and shared by all subscriptions. */
  events?: readonly RecordedEvent[];
  /** With their texts, and shared likewise. */
  verbatim?: readonly RecordedEvent[];
};

export const createOwnEvents = (codec: Codec): OwnEvents => {
  const commits = new Map<Position, KeptCommit>();
  let eventCount = 0;
  let sizeBytes = 0;

  const drop = (began: Position, { rows, ...kept }: KeptCommit): void => {
    commits.delete(began);
    eventCount -= rows.length;
    sizeBytes -= kept.sizeBytes;
  };

  /** Returns undefined if an event does not decode. The subscription then reads from Postgres and handles the error. */
  const eventsOf = (kept: KeptCommit, as: DeliveredAs): readonly RecordedEvent[] | undefined => {
    try {
      kept.events ??= recalled(codec, kept);
      if (as === 'events' || as === 'undecoded') return kept.events;
      // Where this release does not know an event, only Postgres knows which one it is.
      if (kept.events.length < kept.rows.length) return undefined;
      kept.verbatim ??= withTexts(kept, kept.events);
      return kept.verbatim;
    } catch {
      return undefined;
    }
  };

  return {
    add: (commit) => {
      const kept = keptOf(commit);
      commits.set(positionOf(commit.end), kept);
      eventCount += kept.rows.length;
      sizeBytes += kept.sizeBytes;
      for (const [began, oldest] of commits) {
        if (eventCount <= CACHE_LIMIT.events && sizeBytes <= CACHE_LIMIT.bytes) break;
        drop(began, oldest);
      }
    },
    after: (position, streamPrefixes, as = 'events') => {
      const events: RecordedEvent[] = [];
      let considered = position;
      for (let readBytes = 0; events.length < PAGE_LIMIT.events && readBytes < PAGE_LIMIT.bytes; ) {
        const kept = commits.get(considered);
        const found = kept && eventsOf(kept, as);
        if (kept === undefined || found === undefined) break;
        for (const event of found) if (passes(event.stream, streamPrefixes)) events.push(event);
        considered = kept.considered;
        readBytes += kept.sizeBytes;
      }
      return considered === position ? undefined : { events, considered };
    },
    forget: () => {
      commits.clear();
      [eventCount, sizeBytes] = [0, 0];
    },
  };
};

const keptOf = (commit: OwnCommit): KeptCommit => {
  let sizeBytes = 0;
  for (const { data, metadata } of commit.rows) sizeBytes += data.length + metadata.length;
  return { ...commit, sizeBytes, considered: positionOf(commit.end + commit.rows.length) };
};

const recalled = (codec: Codec, commit: OwnCommit): RecordedEvent[] =>
  commit.rows.flatMap((row, place) => {
    const raw = rawOf(commit, row, place);
    return readable(codec.recall ? codec.recall(row.event, raw) : codec.decode(raw)) ?? [];
  });

const withTexts = (commit: OwnCommit, events: readonly RecordedEvent[]): RecordedEvent[] =>
  commit.rows.map((row, place) => ({ ...decodeVerbatim(rawOf(commit, row, place)), read: events[place] }));

const rawOf = (
  { end, recordedAtMs }: OwnCommit,
  { id, type, data, metadata, stream, revision }: NewEventRow,
  place: number,
): RawEvent => ({
  id,
  type,
  data,
  metadata,
  stream,
  revision,
  position: positionOf(end + 1 + place),
  recordedAt: recordedAtMs,
});
