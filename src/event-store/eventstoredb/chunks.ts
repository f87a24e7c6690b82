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

export type Chunks<T> = AsyncIterable<Chunk<T>> & {
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
