import {
  type AllStreamRecordedEvent,
  type AllStreamResolvedEvent,
  BACKWARDS,
  END,
  type EventStoreDBClient,
  FORWARDS,
  type ReadPosition,
  type RecordedEvent,
  type ResolvedEvent,
  START,
  StreamDeletedError,
  type StreamingRead,
  StreamNotFoundError,
} from '@eventstore/db-client';
import { type Backoff, backoffMs } from '../../runtime/retry.ts';
import { EventStoreClosed, LogMismatch, LogUnavailable } from '../errors.ts';
import { type DeliveredAs, type Position, positionOf, type ReadOptions, type Revision } from '../port.ts';
import type { StoredEvent } from '../stored-event.ts';
import { closeClient, openClient } from './client.ts';
import { isMissingEvent, type LogConnection, noPlace, rejectionIn, shouldRetryElsewhere } from './failures.ts';

/** The items that a stream had buffered at one moment. */
export type Chunk<T> = {
  readonly items: readonly T[];
  /** Whether the buffer is empty now. */
  readonly drained: boolean;
};

/** The part of a readable object stream that is used here. */
type Source<T> = {
  read(): T | null;
  on(event: 'readable' | 'end' | 'close', listener: () => void): unknown;
  on(event: 'error', listener: (error: Error) => void): unknown;
};

type Chunks<T> = AsyncIterable<Chunk<T>> & {
  /** Makes the iterator yield a chunk now, even an empty one. Call it when something besides the items has changed. */
  stir(): void;
};

/** The client's streams buffer 16 items. Because an event can have 1 MiB, larger chunks would need too much memory. */
const MAX_ITEMS = 16;

/**
 * Iterates over a stream in chunks of the items that have arrived, because one promise per item would be the largest cost of
 * reading. Items stay in the stream until the reader requests them, so a slow reader slows the sender down (backpressure).
 * The iteration ends when the stream ends or the signal aborts, and fails when the stream fails.
 */
export const chunksOf = <T>(stream: Source<T>, signal: AbortSignal): Chunks<T> => {
  let stirred = true;
  let ended = false;
  let failure: { readonly error: unknown } | undefined;
  let wake = () => {};
  const stir = (): void => {
    stirred = true;
    wake();
  };
  const end = (): void => {
    ended = true;
    stir();
  };
  stream.on('readable', stir);
  stream.on('end', end);
  stream.on('close', end);
  // Never removed: a stream that fails after its reader has left must not end the process.
  stream.on('error', (error) => {
    failure ??= { error };
    stir();
  });

  async function* read(): AsyncGenerator<Chunk<T>, void, undefined> {
    signal.addEventListener('abort', stir, { once: true });
    try {
      while (!signal.aborted) {
        if (!stirred) {
          await new Promise<void>((resolve) => {
            wake = resolve;
          });
          wake = () => {};
          continue;
        }
        stirred = false;
        const items = take(stream);
        const drained = items.length < MAX_ITEMS;
        if (!drained) stirred = true;
        yield { items, drained };
        if (!drained || stirred) continue;
        if (failure !== undefined) throw failure.error;
        if (ended) return;
      }
    } finally {
      signal.removeEventListener('abort', stir);
    }
  }
  return { [Symbol.asyncIterator]: read, stir };
};

const take = <T>(stream: Source<T>): T[] => {
  const items: T[] = [];
  while (items.length < MAX_ITEMS) {
    const item = stream.read();
    if (item === null) break;
    items.push(item);
  }
  return items;
};

/** A request is retried until it has made no progress for this long. */
const DEADLINE_MS = 10_000;
/** How long the first attempt waits for a response. A node without a network stays silent; then another one is tried. */
const FIRST_SILENCE_MS = 3_000;
const RETRY: Backoff = { firstMs: 100, longestMs: 1_000 };
const MIN_SILENCE_MS = 50;
/** A client younger than this is not replaced: another failed request has just opened it. */
const CLIENT_AGE_MS = 100;

/** Limits how long one request is retried. */
type RetryBudget = {
  /**
   * Waits after a failure, until the next attempt can begin.
   * @throws LogAccessDenied, LogSignInRejected immediately
   * @throws LogUnavailable if the time is used up
   */
  mend(failure: unknown): Promise<void>;
  /** Restarts the time, because the request has made progress. */
  renew(): void;
  /** How long the next attempt can wait for a response. */
  silenceMs(): number;
};

export type Reader = {
  /** @param what the request, as in "read the log" */
  patience(what: string): RetryBudget;
  /** Makes one attempt to read, and yields the items in chunks. A stream that is absent or deleted has none. */
  read<T>(
    open: (client: EventStoreDBClient) => StreamingRead<T>,
    patience: RetryBudget,
  ): AsyncGenerator<readonly T[], void, undefined>;
  /**
   * Runs an idempotent action until it succeeds or its time is used up.
   * @throws the errors of `RetryBudget.mend`
   */
  surely<T>(what: string, run: (client: EventStoreDBClient, patience: RetryBudget) => Promise<T>): Promise<T>;
  close(): Promise<void>;
};

/** Creates the reader of single streams and of the log's end. It uses one connection. */
export const createReader = ({ connectionString, world, onReconnect, outage }: LogConnection): Reader => {
  const { clock, timers } = world;
  let client = openClient(connectionString);
  let renewedAtMs = Number.NEGATIVE_INFINITY;
  let closed = false;
  const retired = new Map<EventStoreDBClient, () => void>();

  /** Replaces the client. Other requests may still use the old one, so it is closed after their deadlines. */
  const renew = (old: EventStoreDBClient): void => {
    if (closed || old !== client || clock.monotonic() - renewedAtMs < CLIENT_AGE_MS) return;
    onReconnect();
    renewedAtMs = clock.monotonic();
    client = openClient(connectionString);
    const close = () => {
      retired.delete(old);
      void closeClient(old);
    };
    retired.set(old, timers.after(2 * DEADLINE_MS, close));
  };

  const patience = (what: string): RetryBudget => {
    let untilMs = clock.monotonic() + DEADLINE_MS;
    let failures = 0;
    return {
      mend: async (failure) => {
        failures += 1;
        const rejection = rejectionIn(failure, what);
        if (rejection !== undefined) outage.trouble(rejection);
        if (rejection !== undefined) throw rejection;
        if (closed) throw new EventStoreClosed();
        if (failures > 1) outage.trouble(failure);
        const pauseMs = failures === 1 ? 0 : backoffMs(failures - 1, RETRY);
        if (clock.monotonic() + pauseMs >= untilMs) {
          outage.trouble(failure);
          throw new LogUnavailable({ cause: failure });
        }
        if (pauseMs > 0) await timers.sleep(pauseMs);
      },
      renew: () => {
        outage.over();
        failures = 0;
        untilMs = clock.monotonic() + DEADLINE_MS;
      },
      silenceMs: () => (failures === 0 ? FIRST_SILENCE_MS : Math.max(untilMs - clock.monotonic(), MIN_SILENCE_MS)),
    };
  };

  async function* read<T>(
    open: (client: EventStoreDBClient) => StreamingRead<T>,
    patient: RetryBudget,
  ): AsyncGenerator<readonly T[]> {
    const used = client;
    const stream = open(used);
    const silent = new AbortController();
    const chunks = chunksOf<T>(stream, silent.signal)[Symbol.asyncIterator]();
    try {
      for (;;) {
        const waitMs = patient.silenceMs();
        const cancel = timers.after(waitMs, () => silent.abort());
        const { value, done } = await chunks.next().finally(cancel);
        if (silent.signal.aborted) throw new Error(`the log sent nothing for ${waitMs} ms`);
        if (done || value.items.length > 0) patient.renew();
        if (done) return;
        if (value.items.length > 0) yield value.items;
      }
    } catch (error) {
      if (error instanceof StreamNotFoundError || error instanceof StreamDeletedError) {
        patient.renew();
        return;
      }
      if (!shouldRetryElsewhere(error)) renew(used);
      throw error;
    } finally {
      stream.cancel().catch(() => {});
    }
  }

  return {
    patience,
    read,
    surely: async (what, run) => {
      const patient = patience(what);
      // Each attempt starts from the beginning, so a partial response is no progress.
      const strict = { ...patient, renew: () => {} };
      for (;;) {
        const used = client;
        try {
          const value = await run(used, strict);
          outage.over();
          return value;
        } catch (error) {
          if (error instanceof LogMismatch) throw error;
          if (!shouldRetryElsewhere(error)) renew(used);
          await patient.mend(error);
        }
      }
    },
    close: async () => {
      closed = true;
      for (const cancel of retired.values()) cancel();
      await Promise.all([client, ...retired.keys()].map(closeClient));
    },
  };
};

/** Page sizes for reading backwards from the end of `$all`, past events of others. */
const PAGE = { first: 32, most: 1_024 } as const;

/**
 * Yields the events of a stream from the leader; the name includes the prefix. After a lost connection, it continues at the
 * same place.
 */
export async function* readStreamEvents(
  reader: Reader,
  stream: string,
  { direction = FORWARDS, from, limit = Number.MAX_SAFE_INTEGER }: ReadOptions<DeliveredAs>,
): AsyncGenerator<ClientEvent, void, undefined> {
  const step = direction === FORWARDS ? 1 : -1;
  const edge = direction === FORWARDS ? START : END;
  let next: Revision | undefined = from;
  let left = limit;
  const patience = reader.patience(`read ${stream}`);
  while (left > 0 && (next === undefined || next >= 0)) {
    const fromRevision = next === undefined ? edge : BigInt(next);
    const maxCount = left;
    try {
      const chunks = reader.read<ResolvedEvent>(
        (client) => client.readStream(stream, { fromRevision, maxCount, direction, requiresLeader: true }),
        patience,
      );
      for await (const chunk of chunks) {
        for (const { event } of chunk) {
          if (event === undefined) continue;
          left -= 1;
          next = Number(event.revision) + step;
          yield event;
        }
      }
      return;
    } catch (error) {
      await patience.mend(error);
    }
  }
}

/** Reads the last event of a stream; the name includes the prefix. */
export const readLastEvent = async (reader: Reader, stream: string): Promise<ClientEvent | undefined> => {
  for await (const event of readStreamEvents(reader, stream, { direction: BACKWARDS, limit: 1 })) return event;
  return undefined;
};

/**
 * Reads the position of the last event whose stream begins with the prefix. Tombstones count: they remain when the
 * events of a deleted stream are scavenged, so the end never goes back. The client can't filter this read, so it reads
 * pages.
 */
export const readEnd = (reader: Reader, prefix: string): Promise<Position | undefined> =>
  reader.surely('read $all', async (_, patience) => {
    let from: ReadPosition = END;
    for (let maxCount: number = PAGE.first; ; maxCount = Math.min(2 * maxCount, PAGE.most)) {
      let seen = 0;
      const fromPosition: ReadPosition = from;
      const chunks: AsyncIterable<readonly AllStreamResolvedEvent[]> = reader.read(
        (client) => client.readAll({ direction: BACKWARDS, fromPosition, maxCount, requiresLeader: true }),
        patience,
      );
      for await (const chunk of chunks) {
        seen += chunk.length;
        for (const { event } of chunk) {
          if (event?.streamId.startsWith(prefix)) return positionOf(event.position.commit);
          if (event !== undefined) from = event.position;
        }
      }
      if (seen < maxCount) return undefined;
    }
  });

/**
 * Reads the id of the event at a position; undefined if there is none.
 * @throws LogMismatch if no record begins there
 */
export const readIdAt = (reader: Reader, position: Position): Promise<{ id: string } | undefined> =>
  reader.surely('read $all', async (_, patience) => {
    const place = BigInt(position);
    const fromPosition = { commit: place, prepare: place };
    try {
      const chunks = reader.read(
        (client) => client.readAll({ fromPosition, maxCount: 1, requiresLeader: true }),
        patience,
      );
      for await (const chunk of chunks) {
        for (const { event } of chunk) {
          if (event?.position.commit === place && !isSystemEvent(event)) return { id: event.id };
        }
      }
    } catch (error) {
      throw isMissingEvent(error) ? noPlace(position, error) : error;
    }
    return undefined;
  });

/** An event as the client returns it, from a stream or from `$all`. */
export type ClientEvent = RecordedEvent | AllStreamRecordedEvent;

/** Returns whether the server wrote the event itself, such as a tombstone. Carillon's event types never begin with `$`. */
export const isSystemEvent = ({ type }: ClientEvent): boolean => type.startsWith('$');

/** @param prefix the prefix of each stream's name, which is removed */
export const storedEvent = (event: ClientEvent, prefix: string): StoredEvent => ({
  id: event.id,
  type: event.type,
  stream: event.streamId.slice(prefix.length),
  revision: Number(event.revision),
  position: positionOf(event.position?.commit ?? 0n),
  recordedAt: event.created.getTime(),
  data: stored(event.data),
  metadata: stored(event.metadata),
});

/** Returns the JSON that the client parsed, or the text if it could not, so that the codec reports the error. */
const stored = (value: unknown): string | object => {
  if (value instanceof Uint8Array) return Buffer.from(value).toString();
  return typeof value === 'object' && value !== null ? value : String(value);
};
