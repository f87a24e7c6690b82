import type { Timers } from './world.ts';

/** Awaits `work` for at most `limitMs`; resolves to undefined if it takes longer. */
export const awaitWithin = async <T>(timers: Timers, limitMs: number, work: Promise<T>): Promise<T | undefined> => {
  const done = new AbortController();
  try {
    return await Promise.race([work, timers.sleep(limitMs, done.signal).then(() => undefined)]);
  } finally {
    done.abort();
  }
};
