import type { Runtime, Timers } from './runtime.ts';

type LookOptions = {
  readonly timers: Timers;
  /** Pause after each poll. */
  readonly everyMs: number;
  readonly signal: AbortSignal;
};

/** Polls now, and again after each pause, until the signal aborts. Rejects if a poll does. */
export const poll = async (
  look: () => void | Promise<void>,
  { timers, everyMs, signal }: LookOptions,
): Promise<void> => {
  while (!signal.aborted) {
    await look();
    await timers.sleep(everyMs, signal, 'look');
  }
};

/** Like `poll`, with a pause before the first poll. */
export const pollAfterDelay = async (look: () => void | Promise<void>, options: LookOptions): Promise<void> => {
  await options.timers.sleep(options.everyMs, options.signal, 'look');
  await poll(look, options);
};
/** Polls until something is found; `undefined` if nothing is within the limit. */
export const pollUntilFound = async <T>(
  { clock, timers }: Runtime,
  { limitMs, everyMs }: { readonly limitMs: number; readonly everyMs: number },
  look: () => Promise<T | undefined>,
): Promise<T | undefined> => {
  for (const endMs = clock.monotonic() + limitMs; ; await timers.sleep(everyMs)) {
    const found = await look();
    if (found !== undefined || clock.monotonic() >= endMs) return found;
  }
};
