import { setImmediate } from 'node:timers/promises';

type PendingRead<Value> = PromiseWithResolvers<Value | undefined>;

/**
 * Combines single reads into batches. One batch runs at a time; keys requested in the meantime form the next batch, each key
 * once, so a value is always read after it was requested. If a batch fails, each key is read again separately, so that a
 * faulty key does not fail the others.
 * @param readMany reads many keys and returns the values found, by key
 * @param concernsAll returns whether a failure is independent of the keys; then the whole batch fails immediately
 */
export const batchedReads = <Key, Value>(
  readMany: (keys: readonly Key[]) => Promise<ReadonlyMap<Key, Value>>,
  concernsAll: (error: unknown) => boolean = () => false,
): ((key: Key) => Promise<Value | undefined>) => {
  let waiting = new Map<Key, PendingRead<Value>>();
  let isRunning = false;

  const readTogether = async (batch: ReadonlyMap<Key, PendingRead<Value>>): Promise<void> => {
    try {
      const found = await readMany([...batch.keys()]);
      for (const [key, { resolve }] of batch) resolve(found.get(key));
    } catch (error) {
      if (batch.size > 1 && !concernsAll(error))
        await Promise.all([...batch].map((one) => readTogether(new Map([one]))));
      else for (const { reject } of batch.values()) reject(error);
    }
  };

  const run = async (): Promise<void> => {
    isRunning = true;
    while (waiting.size > 0) {
      // Waits one turn of the event loop, so that requests that arrived together share a batch.
      await setImmediate();
      const batch = waiting;
      waiting = new Map();
      await readTogether(batch);
    }
    isRunning = false;
  };

  return (key) => {
    const one = waiting.get(key) ?? Promise.withResolvers<Value | undefined>();
    waiting.set(key, one);
    if (!isRunning) void run();
    return one.promise;
  };
};
