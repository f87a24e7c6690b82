import { StreamParked } from './errors.ts';
import {
  comparePositions,
  type Delivered,
  type DeliveredAs,
  type EventStore,
  LOG_START,
  type Position,
  type RecordedEvent,
  type SubscribeOptions,
  type SubscriptionItem,
} from './port.ts';

export type ReadLogOptions<A extends DeliveredAs = 'events'> = Omit<SubscribeOptions<A>, 'signal' | 'decodedAtOnce'> & {
  /** The last position to read; by default the log's end at the time the reader reaches it. */
  readonly end?: Position;
  readonly signal?: AbortSignal | undefined;
};

/** A log that can be followed in one form. */
export type Subscribable<A extends DeliveredAs = 'events'> = {
  subscribe(options: SubscribeOptions<A>): AsyncIterable<SubscriptionItem<Delivered[A]>>;
};

type EventPage<E> = {
  readonly events: readonly E[];
  /** Present for an unreadable event; the page then has no others. */
  readonly parked?: StreamParked;
};

/** Reads the log up to an end, each event once and in order, although a subscription may redeliver some. */
export async function* readLog<A extends DeliveredAs = 'events'>(
  store: Subscribable<NoInfer<A>>,
  { end, signal, ...options }: ReadLogOptions<A> = {},
): AsyncGenerator<EventPage<Delivered[A]>, void, undefined> {
  const done = new AbortController();
  const until = signal === undefined ? done.signal : AbortSignal.any([signal, done.signal]);
  let reached = options.after ?? LOG_START;
  const isNew = (position: Position): boolean =>
    comparePositions(position, reached) > 0 && (end === undefined || comparePositions(position, end) <= 0);
  try {
    for await (const item of store.subscribe({ ...options, signal: until })) {
      if (item.kind === 'events') {
        const events = item.events.filter(({ position }) => isNew(position));
        if (events.length > 0) yield { events };
      } else if (item.kind === 'parked' && isNew(item.position)) yield { events: [], parked: item.parked };
      const last = item.kind === 'events' ? item.events.at(-1)?.position : item.position;
      if (last !== undefined && comparePositions(last, reached) > 0) reached = last;
      if (end === undefined ? item.kind === 'caughtUp' : comparePositions(reached, end) >= 0) return;
    }
  } finally {
    done.abort();
  }
}

/**
 * Returns the decoded event, and throws it if it is a StreamParked.
 * @throws StreamParked
 */
export const readable = <T>(read: T | StreamParked): T => {
  if (read instanceof StreamParked) throw read;
  return read;
};

/**
 * Reads the last event of a stream; `undefined` if there is none, or if only a newer version knows its type.
 * @throws StreamParked if the event is unreadable
 */
export const lastEventOf = async (store: EventStore, stream: string): Promise<RecordedEvent | undefined> => {
  const [last] = await store.readLast([stream]);
  return readable(last);
};
