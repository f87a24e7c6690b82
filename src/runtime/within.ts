import type { Timers } from './world.ts';

/** Awaits `work` for at most `limitMs`; resolves to undefined if it takes longer. */
export const awaitWithin = async <T>(timers: Timers, limitMs: number, work: Promise<T>): Promise<T | undefined> => {
  const late = Promise.withResolvers<undefined>();
  const cancel = timers.after(limitMs, () => late.resolve(undefined));
  try {
    return await Promise.race([work, late.promise]);
  } finally {
    cancel();
  }
};
