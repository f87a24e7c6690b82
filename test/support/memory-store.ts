import { oneByOne, sideBySide } from '../../src/event-store/append-with-retry.ts';
import { encodeAppend } from '../../src/event-store/check-append.ts';
import type { Codec } from '../../src/event-store/codec.ts';
import { EventStoreClosed } from '../../src/event-store/errors.ts';
import { createFormReaders, ofForm } from '../../src/event-store/forms.ts';
import { type LogPage, type PageSource, pagedSubscription } from '../../src/event-store/log-tail.ts';
import {
  type Append,
  type AppendEach,
  type DeliveredAs,
  type EventStore,
  type Position,
  positionOf,
  type ReadOptions,
} from '../../src/event-store/port.ts';
import { readable } from '../../src/event-store/read-log.ts';
import type { RawEvent } from '../../src/event-store/stored-event.ts';
import { createMemoryLog, type MemoryLog } from './memory-log.ts';

/** A call to the store that a fault can be injected into. A subscription makes a `page` call for each page it reads. */
export type StoreCall =
  | { readonly verb: 'append'; readonly append: Append }
  | { readonly verb: 'readStream' | 'truncateBefore' | 'keepLast' | 'deleteStream'; readonly stream: string }
  | { readonly verb: 'readLast'; readonly streams: readonly string[] }
  | { readonly verb: 'readAt' | 'page'; readonly position: Position }
  | { readonly verb: 'end' };

/**
 * Faults between a process and the log, for tests. A hook that throws makes the call fail: `before` means that the request
 * was lost, `after` that the response was lost. A hook that resolves late delays the call; one that never resolves makes the
 * log silent. A failed `page` call is retried immediately, so a hook that keeps failing must let time pass.
 */
export type Faults = {
  readonly before?: (call: StoreCall) => void | Promise<void>;
  readonly after?: (call: StoreCall) => void | Promise<void>;
  /** Returns by how many positions a subscription goes back before it reads this page, so that events come again. */
  readonly redeliver?: (position: Position) => number;
};

type MemoryStoreOptions = {
  readonly codec: Codec;
  /** The log's clock, epoch milliseconds; unused if `log` is given. */
  readonly now: () => number;
  /** A log that several stores share, as several processes would; by default the store has its own. */
  readonly log?: MemoryLog;
  readonly faults?: Faults;
};

/** Creates a log in memory, for unit tests and simulations. It uses no timers and no randomness. */
export const createMemoryEventStore = ({
  codec,
  now,
  log = createMemoryLog({ now }),
  faults = {},
}: MemoryStoreOptions): EventStore => {
  const closing = new AbortController();
  const readers = createFormReaders(codec);
  const call = async <T>(what: StoreCall, run: () => T): Promise<T> => {
    if (closing.signal.aborted) throw new EventStoreClosed();
    await faults.before?.(what);
    const response = run();
    await faults.after?.(what);
    return response;
  };

  const pageOf =
    (streamPrefixes: readonly string[] | undefined) =>
    (position: Position): Promise<LogPage> =>
      call({ verb: 'page', position }, () => {
        const back = faults.redeliver?.(position) ?? 0;
        const after = positionOf(Math.max(0, Number(position) - back));
        return log.page({ after, streamPrefixes });
      });

  const append: EventStore['append'] = async (requested) => {
    const encoded = encodeAppend(codec, requested);
    return call({ verb: 'append', append: requested }, () => log.append(encoded));
  };

  return {
    append,
    appendInOrder: oneByOne(append),
    // One append that a fault delays must not delay the others.
    appendEach: faults.before === undefined ? sideBySide(append) : undefined,
    async *readStream(stream, options = {}) {
      const events = await call({ verb: 'readStream', stream }, () => inRange(log.streamEvents(stream), options));
      const read = ofForm(readers, options.as);
      for (const raw of events) {
        const event = readable(read(raw));
        if (event !== undefined) yield event;
        else options.onPassedOver?.(raw.revision);
      }
    },
    readLast: (streams) =>
      call({ verb: 'readLast', streams }, () =>
        streams.map((stream) => {
          const raw = log.streamEvents(stream).at(-1);
          return raw && codec.decode(raw);
        }),
      ),
    isUnchanged: async (stream, { after, until }) =>
      log.streamEvents(stream).every(({ position }) => position <= after || position > until),
    subscribe: ({ streamPrefixes, as, signal, ...options }) => {
      const source: PageSource<never> = {
        page: pageOf(streamPrefixes),
        moreAfter: (position, ended) => appended(log, position, ended),
        mend: async () => {},
      };
      return pagedSubscription(source, ofForm(readers, as), {
        ...options,
        signal: AbortSignal.any([signal, closing.signal]),
      });
    },
    end: () => call({ verb: 'end' }, () => log.end()),
    readAt: (position) => call({ verb: 'readAt', position }, () => log.at(position)),
    truncateBefore: (stream, revision) =>
      call({ verb: 'truncateBefore', stream }, () => log.truncateBefore(stream, revision)),
    keepLast: (stream) => call({ verb: 'keepLast', stream }, () => log.keepLast(stream)),
    deleteStream: (stream) => call({ verb: 'deleteStream', stream }, () => log.deleteStream(stream)),
    close: async () => closing.abort(),
  };
};

/** @throws Error if the log makes no appends by one request */
export const appendEachOf = ({ appendEach }: EventStore): AppendEach => {
  if (appendEach === undefined) throw new Error('this log makes no appends by one request');
  return appendEach;
};

/** The store with another `append`, for single and batched appends. */
export const withAppend = (store: EventStore, append: EventStore['append']): EventStore => ({
  ...store,
  append,
  appendEach: sideBySide(append),
});

const appended = (log: MemoryLog, position: Position, signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if ((log.end() ?? position) > position) return resolve();
    const forget = log.onAppend(() => {
      signal.removeEventListener('abort', stop);
      resolve();
    });
    const stop = () => {
      forget();
      resolve();
    };
    signal.addEventListener('abort', stop, { once: true });
  });

/** Selects the events that a read returns from all events of a stream, which are given in order. */
const inRange = (
  events: readonly RawEvent[],
  { direction = 'forwards', from, limit = Number.POSITIVE_INFINITY }: ReadOptions<DeliveredAs>,
): RawEvent[] => {
  const wanted =
    direction === 'forwards'
      ? events.filter(({ revision }) => from === undefined || revision >= from)
      : events.filter(({ revision }) => from === undefined || revision <= from).reverse();
  return wanted.slice(0, limit);
};
