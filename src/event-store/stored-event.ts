/** The place of an event in its stream; the first event has revision 0. */
export type Revision = number;
/** The revision of a stream without events. */
export const NO_STREAM: Revision = -1;
/** The place of an event in the whole log. It is opaque; compare positions only with `comparePositions`. */
export type Position = string;

/**
 * An event as adapters store it: data and metadata as JSON texts. The metadata has the event's version as `v`, and as
 * `sum` a checksum of its type, version and data, by which readers know that the data is what was checked on writing.
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

/** A raw event whose data and metadata may be parsed already: the client of some adapters parses them. */
export type StoredEvent = Omit<RawEvent, 'data' | 'metadata'> & {
  readonly data: string | object;
  readonly metadata: string | object;
};
