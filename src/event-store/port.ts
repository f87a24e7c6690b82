import type { DomainEvent, EventMetadata } from '../domain/events/index.ts';
import type { StreamParked } from './errors.ts';

/** Position of an event in a stream: 0 for its first. */
export type Revision = number;
/** The revision that a stream without any event is said to be at. */
export const NO_STREAM: Revision = -1;
/** Place in the whole log: opaque, compared by `comparePositions` alone. */
export type Position = string;

export type NewEvent<E extends DomainEvent = DomainEvent> = E & {
  /** Random, made once per attempt to append and used again only to repeat that very append. */
  readonly id: string;
  readonly metadata: EventMetadata;
};

export type RecordedEvent<E extends DomainEvent = DomainEvent> = NewEvent<E> & {
  readonly stream: string;
  readonly revision: Revision;
  readonly position: Position;
  /** Epoch milliseconds by the log's own clock; never decreases along the log. */
  readonly recordedAt: number;
};

export type Append = {
  readonly stream: string;
  /** The revision of the stream's last event, `NO_STREAM` for none. */
  readonly expectedRevision: Revision;
  readonly events: readonly NewEvent[];
};

export type AppendResult = {
  /** Revision of the append's last event. */
  readonly revision: Revision;
  /** Position of the append's last event. */
  readonly position: Position;
};

export type ReadOptions = {
  readonly direction?: 'forwards' | 'backwards';
  /** First revision read, inclusive; without it the stream's start (forwards) or end (backwards). */
  readonly from?: Revision;
  /** Events at the most; without it the whole stream. */
  readonly limit?: number;
  /** Told of each event that is passed over, since only a newer release knows it: it stands in the stream all the same. */
  readonly onPassedOver?: (revision: Revision) => void;
};

export type SubscriptionItem =
  /** Events in log order; never empty. */
  | { readonly kind: 'events'; readonly events: readonly RecordedEvent[] }
  /** In its place, an event that can't be read: its stream is parked, and the reader goes on. */
  | { readonly kind: 'parked'; readonly position: Position; readonly parked: StreamParked }
  /** Every event up to here was considered, whether the filter let it pass or not. */
  | { readonly kind: 'checkpoint'; readonly position: Position }
  /** The reader has passed the log's end as it was a moment ago; said again after each time it fell behind. */
  | { readonly kind: 'caughtUp'; readonly position: Position };

export type SubscribeOptions = {
  /** Exclusive; undefined starts at the log's beginning. */
  readonly after?: Position | undefined;
  /** Streams whose name begins with one of these (`job-`, `runs-`); without it, all. */
  readonly streamPrefixes?: readonly string[];
  readonly signal: AbortSignal;
};

/**
 * The log. One contract suite (test/contract/event-store.ts) holds every adapter to what is said here. Whatever reads
 * or cuts a log that is away tries again for 10 s, then throws LogUnavailable; a subscription tries for ever. Whatever
 * reads also throws UnreadableEvent, for an event that asks for a newer reader.
 */
export type EventStore = {
  /**
   * Appends all of the events to one stream, or none. Repeating an append with its own event ids succeeds again.
   * @throws WrongExpectedRevision when the stream is elsewhere and the append was not made already
   * @throws StreamDeleted when the stream was deleted
   * @throws AppendTooLarge when the append can never fit
   * @throws AppendUnanswered when it isn't known whether the events were appended (deadline, connection lost)
   */
  append(append: Append): Promise<AppendResult>;
  /**
   * Makes appends one after another, each only once those before it were made: all in one go where the log can. To
   * repeat them with their own event ids succeeds again.
   * @returns what was made: less than was asked for where one found its stream elsewhere
   * @throws what else `append` throws, for one of them; those before it may have been made
   */
  appendInOrder(appends: readonly Append[]): Promise<readonly AppendResult[]>;
  /**
   * The stream's events; none when it doesn't exist, was deleted, or was cut before them.
   * @throws StreamParked in the place of an event that can't be read
   */
  readStream(stream: string, options?: ReadOptions): AsyncIterable<RecordedEvent>;
  /**
   * The last event of each stream, in the order asked for; undefined where there is none. A stream that is parked holds
   * up none of the others: it is given in its place. See `lastEventOf` for one stream.
   */
  readLast(streams: readonly string[]): Promise<(RecordedEvent | StreamParked | undefined)[]>;
  /**
   * Events from a position on, for ever, ordered and gap-free, at the reader's pace. Ends without an error when the
   * signal aborts; a lost connection is mended inside, so that events may come again, never be left out.
   * @throws LogMismatch where the log can tell that no event of it ever stood at `after`
   */
  subscribe(options: SubscribeOptions): AsyncIterable<SubscriptionItem>;
  /** Position of the log's last event, undefined when it is empty. Read from the leader. */
  end(): Promise<Position | undefined>;
  /**
   * The event at this position; undefined when there is none or it was cut.
   * @throws LogMismatch where the log can tell that no event of it ever stood there
   */
  readAt(position: Position): Promise<{ readonly id: string } | undefined>;
  /** Cuts every event before this revision; the stream's last event is always kept. */
  truncateBefore(stream: string, revision: Revision): Promise<void>;
  /** From now on only the stream's last event is kept. */
  keepLast(stream: string): Promise<void>;
  /** Final: the events are gone and every later append is refused. */
  deleteStream(stream: string): Promise<void>;
  /** Stops taking appends, lets those under way end, closes connections. */
  close(): Promise<void>;
};

/** Negative when `a` is before `b`. Positions are decimal digits padded to one width, so that text order is log order. */
export const comparePositions = (a: Position, b: Position): number => (a < b ? -1 : a > b ? 1 : 0);

const POSITION_DIGITS = 20;
/** A position from the adapter's own number (20 digits hold an unsigned 64-bit value). */
export const positionOf = (place: bigint | number): Position => String(place).padStart(POSITION_DIGITS, '0');
/** Before the first event: what `caughtUp` names in an empty log, and a place to read from. */
export const LOG_START: Position = positionOf(0);
