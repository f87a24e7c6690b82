import { awaitWithin } from '../runtime/within.ts';
import type { World } from '../runtime/world.ts';

type IdleMarkOptions = {
  readonly idleMs: number;
  readonly timers: World['timers'];
  readonly signal: AbortSignal;
};

/** Yields the items of a subscription, and a mark of kind `idle` after each `idleMs` without an item. */
export async function* withIdleMarks<T>(
  subscribe: (signal: AbortSignal) => AsyncIterable<T>,
  { idleMs, timers, signal }: IdleMarkOptions,
): AsyncGenerator<T | { readonly kind: 'idle' }> {
  // Aborting the signal is the only way to end a subscription that is waiting.
  const leaving = new AbortController();
  const items = subscribe(AbortSignal.any([signal, leaving.signal]))[Symbol.asyncIterator]();
  try {
    let next = items.next();
    while (!signal.aborted) {
      const result = await awaitWithin(timers, idleMs, next);
      if (result === undefined) {
        yield { kind: 'idle' };
        continue;
      }
      if (result.done) return;
      yield result.value;
      next = items.next();
    }
  } finally {
    leaving.abort();
    await items.return?.();
  }
}
