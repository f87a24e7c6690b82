/** The place of an event in its stream; the first event has revision 0. */
export type Revision = number;
/** The revision of a stream without events. */
export const NO_STREAM: Revision = -1;
/** The place of an event in the whole log. It is opaque; compare positions only with `comparePositions`. */
export type Position = string;

/**
 * An event as adapters store it: data and metadata as JSON texts. The metadata contains the event's version as `v`, and as
 * `sum` a checksum of its type, version and data, which shows readers that the data is unchanged since it was validated.
 */
export type EncodedEvent = { readonly type: string; readonly data: string; readonly metadata: string };

/** An event as an adapter read it. */
export type RawEvent = EncodedEvent & {
  readonly id: string;
  readonly stream: string;
  readonly revision: Revision;
  readonly position: Position;
  /** Epoch milliseconds by the log's clock. */
  readonly recordedAt: number;
};

/** A raw event whose data and metadata may be already parsed, as by the clients of some adapters. */
export type StoredEvent = Omit<RawEvent, 'data' | 'metadata'> & {
  readonly data: string | object;
  readonly metadata: string | object;
};
