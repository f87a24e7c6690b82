import type { Codec } from '../codec.ts';
import { readable } from '../last-event.ts';
import { PAGE_LIMIT } from '../paged-subscription.ts';
import { type Position, positionOf, type RecordedEvent } from '../port.ts';
import type { NewEventRow } from './judge-batch.ts';

/** What one transaction of this process appended: all of the log after `end`, where it ended before. */
export type OwnCommit = {
  readonly end: number;
  readonly recordedAtMs: number;
  readonly rows: readonly NewEventRow[];
};

/** Some of the log from a position on. */
export type OwnPage = { readonly events: readonly RecordedEvent[]; readonly considered: Position };

/**
 * The last events that this process has appended itself. Its subscriptions are handed them as soon as they stand where
 * a commit began, so that nothing is read back, checked again, or made anew for each; whoever stands elsewhere reads.
 */
export type OwnEvents = {
  add(commit: OwnCommit): void;
  /** What follows this position; undefined where nothing of this process's does, or where it has to be read. */
  after(position: Position, streamPrefixes: readonly string[] | undefined): OwnPage | undefined;
  /** Keeps nothing: some of it may have been cut from the log. */
  forget(): void;
};

/** What is kept at the most; a reader that lags by more reads pages. */
const KEPT = { events: 10_000, bytes: 8 * 1_048_576 } as const;

type KeptCommit = OwnCommit & {
  readonly considered: Position;
  readonly sizeBytes: number;
  /** Made when first asked for, and the same for all who ask. */
  events?: readonly RecordedEvent[];
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

  /** Undefined where one of them has to be read to say what is wrong with it. */
  const eventsOf = (kept: KeptCommit): readonly RecordedEvent[] | undefined => {
    try {
      kept.events ??= recalled(codec, kept);
      return kept.events;
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
        if (eventCount <= KEPT.events && sizeBytes <= KEPT.bytes) break;
        drop(began, oldest);
      }
    },
    after: (position, streamPrefixes) => {
      const events: RecordedEvent[] = [];
      let considered = position;
      for (let readBytes = 0; events.length < PAGE_LIMIT.events && readBytes < PAGE_LIMIT.bytes; ) {
        const kept = commits.get(considered);
        const found = kept && eventsOf(kept);
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

const recalled = (codec: Codec, { end, recordedAtMs, rows }: OwnCommit): RecordedEvent[] =>
  rows.flatMap(({ event, id, type, data, metadata, stream, revision }, place) => {
    const position = positionOf(end + 1 + place);
    const raw = { id, type, data, metadata, stream, revision, position, recordedAt: recordedAtMs };
    return readable(codec.recall ? codec.recall(event, raw) : codec.decode(raw)) ?? [];
  });

const passes = (stream: string, prefixes: readonly string[] | undefined): boolean =>
  prefixes === undefined || prefixes.some((prefix) => stream.startsWith(prefix));
