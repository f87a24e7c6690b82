import { setImmediate } from 'node:timers/promises';
import type { Clock } from '../runtime/runtime.ts';

/** The maximum time without a turn for other work: a claim takes several turns until its call is sent. */
const AT_ONCE_MS = 2;

/** Gives other work of this thread a turn from time to time. */
export type Yielder = { yieldIfDue(): Promise<void> };

export const createYielder = (clock: Pick<Clock, 'monotonic'>): Yielder => {
  let sinceMs = clock.monotonic();
  return {
    yieldIfDue: async () => {
      if (clock.monotonic() - sinceMs < AT_ONCE_MS) return;
      await setImmediate();
      sinceMs = clock.monotonic();
    },
  };
};
