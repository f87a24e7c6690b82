/** What had come when it was looked at. */
export type Chunk<T> = {
  readonly items: readonly T[];
  /** Nothing more has come yet. */
  readonly drained: boolean;
};

/** What a readable stream of objects has of this. */
type Source<T> = {
  read(): T | null;
  on(event: 'readable' | 'end' | 'close', listener: () => void): unknown;
  on(event: 'error', listener: (error: Error) => void): unknown;
};

export type Chunks<T> = AsyncIterable<Chunk<T>> & {
  /** Gives what has come again, also if it is nothing: something beside the items has changed. */
  stir(): void;
};

/** Sixteen are what a stream of the client holds back; with events of up to 1 MiB more would be no bounded helping. */
const MOST = 16;

/**
 * The items of a stream as they come, whatever is there at once together: a promise an item is what reading costs most.
 * It takes no more than it gives, so a slow reader slows the sender down. Ends with the stream or the signal, fails
 * with the stream.
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
  // Never taken off: what fails after its reader has left must not end the process.
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
        const drained = items.length < MOST;
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
  while (items.length < MOST) {
    const item = stream.read();
    if (item === null) break;
    items.push(item);
  }
  return items;
};
