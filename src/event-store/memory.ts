import { encodeAppend } from './check-append.ts';
import type { Codec } from './codec.ts';
import { EventStoreClosed } from './errors.ts';
import { readable } from './last-event.ts';
import { createMemoryLog, type MemoryLog } from './memory-log.ts';
import { oneByOne } from './one-by-one.ts';
import { type LogPage, type PageSource, pagedSubscription } from './paged-subscription.ts';
import { type Append, type EventStore, type Position, positionOf, type SubscribeOptions } from './port.ts';
import { inRange } from './read-range.ts';

/** One call to the store, as the faults see it; a subscription makes a `page` call for each page it reads. */
export type StoreCall =
  | { readonly verb: 'append'; readonly append: Append }
  | { readonly verb: 'readStream' | 'truncateBefore' | 'keepLast' | 'deleteStream'; readonly stream: string }
  | { readonly verb: 'readLast'; readonly streams: readonly string[] }
  | { readonly verb: 'readAt' | 'page'; readonly position: Position }
  | { readonly verb: 'end' };

/**
 * What may go wrong between a process and the log. A hook that throws makes the call fail, before it reached the log or
 * after it took effect (a lost answer); one that settles late delays it, and one that never settles is a silent log.
 * A `page` call that fails is a dropped subscription, which mends itself by reading that page again at once: a hook that
 * fails again and again has to let time pass.
 */
export type Faults = {
  readonly before?: (call: StoreCall) => void | Promise<void>;
  readonly after?: (call: StoreCall) => void | Promise<void>;
  /** How many places of the log a subscription goes back before it reads this page. */
  readonly redeliver?: (position: Position) => number;
};

export type MemoryStoreOptions = {
  readonly codec: Codec;
  /** The log's clock, epoch milliseconds; unused when a log is handed in. */
  readonly now: () => number;
  /** Shared by stores that stand for several processes; without it the store has a log of its own. */
  readonly log?: MemoryLog;
  readonly faults?: Faults;
};

/** A log in memory, for unit tests and simulation: no timers, no randomness, every step as the caller's clock has it. */
export const createMemoryEventStore = ({
  codec,
  now,
  log = createMemoryLog({ now }),
  faults = {},
}: MemoryStoreOptions): EventStore => {
  const closing = new AbortController();
  const call = async <T>(what: StoreCall, run: () => T): Promise<T> => {
    if (closing.signal.aborted) throw new EventStoreClosed();
    await faults.before?.(what);
    const answer = run();
    await faults.after?.(what);
    return answer;
  };

  const pageOf =
    (streamPrefixes: readonly string[] | undefined) =>
    (position: Position): Promise<LogPage> =>
      call({ verb: 'page', position }, () => {
        const back = faults.redeliver?.(position) ?? 0;
        const after = positionOf(Math.max(0, Number(position) - back));
        return log.page({ after, streamPrefixes });
      });

  const append: EventStore['append'] = async (asked) => {
    const encoded = encodeAppend(codec, asked);
    return call({ verb: 'append', append: asked }, () => log.append(encoded));
  };

  return {
    append,
    appendInOrder: oneByOne(append),
    async *readStream(stream, options = {}) {
      const events = await call({ verb: 'readStream', stream }, () => inRange(log.streamEvents(stream), options));
      for (const raw of events) {
        const event = readable(codec.decode(raw));
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
    subscribe: ({ after, streamPrefixes, signal }: SubscribeOptions) => {
      const source: PageSource = {
        page: pageOf(streamPrefixes),
        moreAfter: (position, ended) => appended(log, position, ended),
        mend: async () => {},
      };
      return pagedSubscription(source, codec, { after, signal: AbortSignal.any([signal, closing.signal]) });
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
