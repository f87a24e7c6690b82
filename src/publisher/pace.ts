import { awaitWithin } from '../runtime/within.ts';
import type { World } from '../runtime/world.ts';

const LIVE_MS = 20;
const CATCH_UP_MS = 1;
const MAX_PAUSE_MS = 100;
const CHECK_INTERVAL_MS = 50;
const MAX_YIELD_MS = 2_000;

type PaceOptions = {
  /** True if more events are waiting than fit in a transaction. */
  readonly isBacklogged: boolean;
  /** Tells whether other parts of this process have much urgent work. */
  readonly hasUrgentWork: () => boolean;
  readonly signal: AbortSignal;
};

/**
 * Pauses between two transactions. The pause lets events accumulate, so that they share the fixed cost of a transaction
 * (some 5 ms of CPU): at most 50 transactions a second. A timer that fires late shows that the thread is busy, so the
 * pause is extended by the delay. While other parts have urgent work, it goes on for up to 2 s.
 */
export const pace = async (
  { clock, timers }: Pick<World, 'clock' | 'timers'>,
  { isBacklogged, hasUrgentWork, signal }: PaceOptions,
): Promise<void> => {
  const pauseMs = isBacklogged ? CATCH_UP_MS : LIVE_MS;
  const beganMs = clock.monotonic();
  await timers.sleep(pauseMs, signal);
  const lateMs = clock.monotonic() - beganMs - pauseMs;
  if (lateMs > pauseMs) await timers.sleep(Math.min(lateMs, MAX_PAUSE_MS), signal);
  while (hasUrgentWork() && !signal.aborted && clock.monotonic() - beganMs < MAX_YIELD_MS) {
    await timers.sleep(CHECK_INTERVAL_MS, signal);
  }
};

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
