import type { World } from '../world.ts';

/** Waits for a promise, for so long at the most; what becomes of it later is its own matter. */
export const within = async (
  promise: Promise<unknown>,
  { limitMs, timers }: { readonly limitMs: number; readonly timers: World['timers'] },
): Promise<void> => {
  const settled = new AbortController();
  await Promise.race([promise, timers.sleep(limitMs, settled.signal)]);
  settled.abort();
};
