import { setImmediate } from 'node:timers/promises';

type Waiting<Value> = PromiseWithResolvers<Value | undefined>;

/**
 * Reads single things together: one statement at a time, and what is asked for meanwhile goes with the next one, the
 * same thing once. Each is read after it was asked for. Where many fail together each is read by itself, so that what
 * is wrong with one is the others' no trouble.
 * @param readMany what was found, by key
 * @param concernsAll tells a failure that has nothing to do with what was asked: then none is read by itself
 */
export const gathered = <Key, Value>(
  readMany: (keys: readonly Key[]) => Promise<ReadonlyMap<Key, Value>>,
  concernsAll: (error: unknown) => boolean = () => false,
): ((key: Key) => Promise<Value | undefined>) => {
  let waiting = new Map<Key, Waiting<Value>>();
  let isRunning = false;

  const readTogether = async (batch: ReadonlyMap<Key, Waiting<Value>>): Promise<void> => {
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
      // A turn of the event loop: requests that have arrived together are read together.
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
