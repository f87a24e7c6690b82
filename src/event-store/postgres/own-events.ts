import type { Codec } from '../codec.ts';
import { ofForm, toReadTextEvent } from '../forms.ts';
import { passes } from '../log-tail.ts';
import { PAGE_LIMIT } from '../paged-subscription.ts';
import {
  type Delivered,
  type DeliveredAs,
  type Position,
  positionOf,
  type ReadTextEvent,
  type RecordedEvent,
} from '../port.ts';
import { readable } from '../read-log.ts';
import type { RawEvent } from '../stored-event.ts';
import type { NewEventRow } from './judge-batch.ts';

/** The events of one transaction of this process. `end` is the end of the log before it. */
export type OwnCommit = {
  readonly end: number;
  readonly recordedAtMs: number;
  readonly rows: readonly NewEventRow[];
};

/** Consecutive events of the log, up to the position `considered`. */
export type OwnPage<E> = { readonly events: readonly E[]; readonly considered: Position };

/**
 * A cache of the newest events appended by this process. A subscription at the position where one of these commits began
 * takes the events from here, and need not read and decode them again. At any other position it reads from Postgres.
 */
export type OwnEvents = {
  add(commit: OwnCommit): void;
  /**
   * Returns the cached events after this position; undefined if none follow directly or they must be read from
   * Postgres.
   */
  after<A extends DeliveredAs = 'events'>(
    position: Position,
    streamPrefixes: readonly string[] | undefined,
    as?: A,
  ): OwnPage<Delivered[A]> | undefined;
  /** Empties the cache. Call it after a cut, because cached events may no longer be in the log. */
  forget(): void;
};

/** The maximum size of the cache. A subscription that is further behind reads from Postgres. */
const CACHE_LIMIT = { events: 10_000, bytes: 8 * 1_048_576 } as const;

type KeptCommit = OwnCommit & {
  readonly considered: Position;
  readonly sizeBytes: number;
  /** Decoded at first use, and shared by all subscriptions. */
  events?: readonly RecordedEvent[];
  /** With their texts; also shared. */
  texts?: readonly ReadTextEvent[];
};

/** Reads the events of a commit in each form; `undefined` if they must be read from Postgres. */
type OwnForms = { readonly [A in DeliveredAs]: (kept: KeptCommit) => readonly Delivered[A][] | undefined };

export const createOwnEvents = (codec: Codec): OwnEvents => {
  const commits = new Map<Position, KeptCommit>();
  let eventCount = 0;
  let sizeBytes = 0;

  const drop = (began: Position, { rows, ...kept }: KeptCommit): void => {
    commits.delete(began);
    eventCount -= rows.length;
    sizeBytes -= kept.sizeBytes;
  };

  const eventsOf = (kept: KeptCommit): readonly RecordedEvent[] => {
    kept.events ??= recalled(codec, kept);
    return kept.events;
  };
  const textsOf = (kept: KeptCommit): readonly ReadTextEvent[] | undefined => {
    const events = eventsOf(kept);
    // Only Postgres knows which events of the commit this version does not know.
    if (events.length < kept.rows.length) return undefined;
    kept.texts ??= withTexts(kept, events);
    return kept.texts;
  };
  const forms: OwnForms = { events: eventsOf, undecoded: eventsOf, texts: textsOf, both: textsOf };

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
    after: <A extends DeliveredAs = 'events'>(position: Position, streamPrefixes?: readonly string[], as?: A) => {
      const read = ofForm(forms, as);
      const events: Delivered[A][] = [];
      let considered = position;
      for (let readBytes = 0; events.length < PAGE_LIMIT.events && readBytes < PAGE_LIMIT.bytes; ) {
        const kept = commits.get(considered);
        const found = kept && unlessUnreadable(() => read(kept));
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

const withTexts = (commit: OwnCommit, events: readonly RecordedEvent[]): ReadTextEvent[] =>
  commit.rows.map((row, place) => toReadTextEvent(rawOf(commit, row, place), events[place]));

/** Returns undefined if an event does not decode. The subscription then reads from Postgres and handles the error. */
const unlessUnreadable = <T>(read: () => T): T | undefined => {
  try {
    return read();
  } catch {
    return undefined;
  }
};

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
