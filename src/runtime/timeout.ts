import type { Timers } from './runtime.ts';

/** A time limit, and what happens after it: `late` returns a value or throws. */
export type TimeLimit<L> = { readonly limitMs: number; readonly late: () => L };

/** Awaits `work` up to the limit. The work itself continues. @throws what `late` throws */
export const withTimeout = async <T, L>(
  timers: Timers,
  { limitMs, late }: TimeLimit<L>,
  work: Promise<T>,
): Promise<T | L> => {
  const over = Promise.withResolvers<L>();
  const cancel = timers.after(limitMs, () => over.resolve(Promise.resolve().then(late)));
  try {
    return await Promise.race([work, over.promise]);
  } finally {
    cancel();
  }
};

/** Awaits `work` up to `limitMs`; resolves to `undefined` if it takes longer. */
export const awaitWithTimeout = <T>(timers: Timers, limitMs: number, work: Promise<T>): Promise<T | undefined> =>
  withTimeout(timers, { limitMs, late: () => undefined }, work);

/** Passes `work` a signal that aborts after `limitMs`, and when the work has ended. */
export const abortOnSignal = async <T>(
  timers: Timers,
  limitMs: number,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> => {
  const over = new AbortController();
  const cancel = timers.after(limitMs, () => over.abort(new Error(`no response in ${limitMs} ms`)));
  try {
    return await work(over.signal);
  } finally {
    cancel();
    over.abort();
  }
};
