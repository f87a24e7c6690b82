import type { World } from '../world.ts';

/**
 * Waits for a promise, but no longer than `limitMs`. The promise goes on after that.
 * @throws its error within that time
 */
export const within = async (
  promise: Promise<unknown>,
  { limitMs, timers }: { readonly limitMs: number; readonly timers: World['timers'] },
): Promise<void> => {
  const settled = new AbortController();
  await Promise.race([promise, timers.sleep(limitMs, settled.signal)]);
  settled.abort();
};
