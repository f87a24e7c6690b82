import type { World } from '../world.ts';

type Options = {
  readonly quietMs: number;
  readonly timers: World['timers'];
  readonly signal: AbortSignal;
};

/** What the subscription gives, and a sign after each `quietMs` in which it gave nothing. */
export async function* withQuiet<T>(
  subscribe: (signal: AbortSignal) => AsyncIterable<T>,
  { quietMs, timers, signal }: Options,
): AsyncGenerator<T | { readonly kind: 'quiet' }> {
  // A subscription that waits ends by its signal alone.
  const leaving = new AbortController();
  const items = subscribe(AbortSignal.any([signal, leaving.signal]))[Symbol.asyncIterator]();
  try {
    let next = items.next();
    while (!signal.aborted) {
      const came = await within(quietMs, { next, timers });
      if (came === undefined) {
        yield { kind: 'quiet' };
        continue;
      }
      if (came.done) return;
      yield came.value;
      next = items.next();
    }
  } finally {
    leaving.abort();
    await items.return?.();
  }
}

const within = async <T>(
  ms: number,
  { next, timers }: { next: Promise<T>; timers: World['timers'] },
): Promise<T | undefined> => {
  const waiting = new AbortController();
  try {
    return await Promise.race([next, timers.sleep(ms, waiting.signal).then(() => undefined)]);
  } finally {
    waiting.abort();
  }
};
