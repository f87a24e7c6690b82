import type { RawEvent } from '../codec.ts';
import { comparePositions, NO_STREAM, type Position, type Revision } from '../port.ts';

/** The last event of a stream as the log had it up to a position; undefined if the stream had none. */
type Known = { readonly event: RawEvent | undefined; readonly asOf: Position };

/** Keeps the last events of streams that were asked for as of a position. Each commit of appends says whether they still are the last. */
export type WatchedStreams = {
  /** What is known as of this position, or a later one. From now on commits look at the stream. */
  asOf(stream: string, position: Position): Known | undefined;
  /** Keeps what was read, by a read that began when the log had come so far. */
  keep(stream: string, known: Known): void;
  /** The streams that the next commit is to look at; called once for each. */
  watched(): readonly string[];
  /** Takes in where these streams stand after a commit, with which the log ends here. */
  found(revisions: ReadonlyMap<string, Revision>, end: Position): void;
  /** Empties it. Call it after a cut. */
  forget(): void;
};

/** Streams that one commit looks at, so that it stays about as short as it is. */
const MOST_WATCHED = 100;
/** So many commits look at a stream once somebody asked for it: most often the next one brings what is decided by it. */
const WATCHED_COMMITS = 3;

export const createWatchedStreams = (): WatchedStreams => {
  const streams = new Map<string, Known>();
  /** How many commits are still to look at each stream. */
  const asked = new Map<string, number>();
  return {
    asOf: (stream, position) => {
      if (asked.has(stream) || asked.size < MOST_WATCHED) asked.set(stream, WATCHED_COMMITS);
      const known = streams.get(stream);
      return known !== undefined && comparePositions(known.asOf, position) >= 0 ? known : undefined;
    },
    keep: (stream, known) => {
      if (asked.has(stream)) streams.set(stream, known);
    },
    watched: () => {
      const watched = [...asked.keys()];
      for (const [stream, commits] of asked) {
        if (commits > 1) asked.set(stream, commits - 1);
        else asked.delete(stream);
      }
      return watched;
    },
    found: (revisions, end) => {
      for (const [stream, revision] of revisions) {
        const known = streams.get(stream);
        if (known !== undefined && (known.event?.revision ?? NO_STREAM) === revision) {
          streams.set(stream, { event: known.event, asOf: end });
        } else streams.delete(stream);
      }
      for (const stream of streams.keys()) if (!asked.has(stream)) streams.delete(stream);
    },
    forget: () => {
      streams.clear();
      asked.clear();
    },
  };
};
