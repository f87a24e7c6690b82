import type { DomainEvent, EventMetadata } from '../domain/events/index.ts';
import type { StreamParked } from './errors.ts';
import type { EncodedEvent, Position, RawEvent, Revision } from './stored-event.ts';

export { NO_STREAM, type Position, type Revision } from './stored-event.ts';

export type NewEvent<E extends DomainEvent = DomainEvent> = E & {
  /** Random, new for each append; only a repetition of the same append uses the same id again. */
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
  /** The revision that the stream's last event must have; `NO_STREAM` if the stream must have no event. */
  readonly expectedRevision: Revision;
  readonly events: readonly NewEvent[];
};

export type AppendResult = {
  /** The revision of the append's last event. */
  readonly revision: Revision;
  /** The position of the append's last event. */
  readonly position: Position;
};

/** The result of decoding: the event, or why its stream is parked. */
export type DecodedEvent = RecordedEvent | StreamParked;

type EventPlace = Pick<RecordedEvent, 'id' | 'stream' | 'revision' | 'position' | 'recordedAt'>;

/** An event of any type and version as the texts that are stored. */
export type TextEvent = EventPlace & { readonly type: 'texts'; readonly texts: EncodedEvent };

/** The same with the decoded event; `undefined` if this version doesn't know it. */
export type ReadTextEvent = TextEvent & { readonly read: DecodedEvent | undefined };

/** An event that `decodedOf` decodes. */
export type UndecodedEvent = EventPlace & {
  readonly type: 'undecoded';
  readonly stored: RawEvent;
  readonly codec: { decode(stored: RawEvent): DecodedEvent | undefined };
};

/** The forms in which a log delivers events. */
export type Delivered = {
  readonly events: RecordedEvent;
  /** The same, but an event that requires a newer reader parks its stream too, and does not end the subscription. */
  readonly parking: RecordedEvent;
  /** For a reader that needs only some events. An already decoded event is delivered decoded. */
  readonly undecoded: RecordedEvent | UndecodedEvent;
  /** All events, including those that this version can't read or doesn't know. */
  readonly texts: TextEvent;
  readonly both: ReadTextEvent;
};
export type DeliveredAs = keyof Delivered;

export type ReadOptions<A extends DeliveredAs = 'events'> = {
  readonly direction?: 'forwards' | 'backwards';
  /** The first revision to read, inclusive; by default the start (forwards) or end (backwards) of the stream. */
  readonly from?: Revision;
  /** The maximum number of events; by default all. */
  readonly limit?: number;
  /** By default events. */
  readonly as?: A | undefined;
  /** Called with the revision of each event that is skipped because only a newer version knows it. */
  readonly onPassedOver?: (revision: Revision) => void;
};

/** A part of the log: from one position, exclusive, until another, inclusive. */
export type StreamRange = { readonly after: Position; readonly until: Position };

export type SubscriptionItem<E = RecordedEvent> =
  /** Events in log order; never empty. */
  | { readonly kind: 'events'; readonly events: readonly E[] }
  /** Takes the place of an unreadable event. Its stream is parked; the subscription continues. */
  | { readonly kind: 'parked'; readonly position: Position; readonly parked: StreamParked }
  /** Every event up to this position was delivered or excluded by the filter. */
  | { readonly kind: 'checkpoint'; readonly position: Position }
  /** The reader has reached the end that the log had a moment ago. Repeated each time it catches up again. */
  | { readonly kind: 'caughtUp'; readonly position: Position };

export type SubscribeOptions<A extends DeliveredAs = 'events'> = {
  /** Exclusive; by default the beginning of the log. */
  readonly after?: Position | undefined;
  /** Delivers only streams whose name begins with one of these (`job-`, `runs-`); by default all. */
  readonly streamPrefixes?: readonly string[];
  /** By default events. */
  readonly as?: A | undefined;
  /** How many events of a page are decoded before the reader gets them; by default all. */
  readonly decodedAtOnce?: number;
  readonly signal: AbortSignal;
};

/** Called with an append that is known to be made, and its result. */
export type OnMade = (append: Append, result: AppendResult) => void;

export type AppendEach = (appends: readonly Append[]) => Promise<readonly (AppendResult | Error)[]>;

/**
 * The log. One contract suite (test/contract/event-store.ts) tests every adapter. While the log is unreachable, reads
 * and cuts are retried for 10 s and then throw LogUnavailable; subscriptions retry without a limit. All reads throw
 * UnreadableEvent for an event that requires a newer reader.
 */
export type EventStore = {
  /**
   * Appends all of the events to one stream, or none. Repeating an append with the same event ids succeeds again. Appends of
   * one process are made in the order of their calls; those that are retried without a response may come later.
   * @throws WrongExpectedRevision if the stream is at another revision and the append was not made before
   * @throws StreamDeleted if the stream was deleted
   * @throws AppendTooLarge if the append exceeds the log's limit
   * @throws AppendUnconfirmed if it is unknown whether the events were appended (deadline, connection lost)
   */
  append(append: Append): Promise<AppendResult>;
  /**
   * Makes appends one after another, each only after the previous one has succeeded; in one transaction if the log can.
   * Repeating them with the same event ids succeeds again.
   * @param made called when each of them is known to be made, before later ones may be; a repetition calls it again
   * @returns the results of the appends up to the first whose stream was at another revision
   * @throws the other errors of `append`; earlier appends may have been made
   */
  appendInOrder(appends: readonly Append[], made?: OnMade): Promise<readonly AppendResult[]>;
  /**
   * Makes appends to different streams at the same time, independent of each other. Repeating them with the same event ids
   * succeeds again. Undefined if the log can't: each append must be made by itself then, so that one without a response
   * delays no other.
   * @returns for each append its result, or the error that `append` would have thrown
   * @throws AppendUnconfirmed if it is unknown which of them were made: repeat all of them
   */
  readonly appendEach?: AppendEach | undefined;
  /**
   * Reads the events of a stream. A stream that does not exist or was deleted has none.
   * @throws StreamParked on reaching an unreadable event
   */
  readStream<A extends DeliveredAs = 'events'>(stream: string, options?: ReadOptions<A>): AsyncIterable<Delivered[A]>;
  /**
   * Reads the last event of each stream, in the given order; `undefined` if a stream has none, or one whose type only a
   * newer version knows. A parked stream does not fail the others: its StreamParked is returned in its place. For one
   * stream, use `lastEventOf`.
   */
  readLast(streams: readonly string[]): Promise<(RecordedEvent | StreamParked | undefined)[]>;
  /**
   * Returns whether this process knows, without a request to the log, that a stream has no event between these positions:
   * the newest events are in memory while subscriptions follow the log. Waits a moment for those on their way. False if the
   * stream has such an event, or if this process doesn't know.
   */
  isUnchanged(stream: string, between: StreamRange): Promise<boolean>;
  /**
   * Delivers events from a position on, in log order and without gaps, at the reader's pace, until the signal aborts.
   * Reconnects automatically; events may then be delivered again, but none is omitted.
   * @throws LogMismatch if the log can show that it never had an event at `after`
   */
  subscribe<A extends DeliveredAs = 'events'>(
    options: SubscribeOptions<A>,
  ): AsyncIterable<SubscriptionItem<Delivered[A]>>;
  /** Reads the position of the log's last event from the leader; undefined if the log is empty. */
  end(): Promise<Position | undefined>;
  /**
   * Reads the id of the event at this position; `undefined` if there is none or it was cut.
   * @throws LogMismatch if the log can show that it never had an event there
   */
  readAt(position: Position): Promise<{ readonly id: string } | undefined>;
  /** Cuts the events before this revision. The last event of a stream is always kept. */
  truncateBefore(stream: string, revision: Revision): Promise<void>;
  /** From now on, keeps only the last event of the stream. */
  keepLast(stream: string): Promise<void>;
  /** Deletes the stream permanently: its events are gone, and every later append is rejected. */
  deleteStream(stream: string): Promise<void>;
  /** Rejects new appends, waits for the running ones, and closes the connections. */
  close(): Promise<void>;
};

/** Negative if `a` is before `b`. Positions are decimal numbers padded to one length, so text order is log order. */
export const comparePositions = (a: Position, b: Position): number => (a < b ? -1 : a > b ? 1 : 0);

const POSITION_DIGITS = 20;
/** Converts an adapter's own number to a position. 20 digits hold any unsigned 64-bit number. */
export const positionOf = (place: bigint | number): Position => paddedPosition(String(place));
/** The same, of a number that is text already. */
export const paddedPosition = (digits: string): Position => digits.padStart(POSITION_DIGITS, '0');
/** The position before the first event. `caughtUp` names it in an empty log. */
export const LOG_START: Position = positionOf(0);
