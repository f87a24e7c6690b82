import { setImmediate } from 'node:timers/promises';
import type { Clock } from '../runtime/runtime.ts';

/** Work that goes on without a turn for the others: a claim takes several turns until its call is sent. */
const AT_ONCE_MS = 2;

/** Lets other work of this thread have its turn now and then, whatever is at hand to go on with. */
export type Yielder = { haveTheirTurn(): Promise<void> };

export const createYielder = (clock: Pick<Clock, 'monotonic'>): Yielder => {
  let sinceMs = clock.monotonic();
  return {
    haveTheirTurn: async () => {
      if (clock.monotonic() - sinceMs < AT_ONCE_MS) return;
      await setImmediate();
      sinceMs = clock.monotonic();
    },
  };
};
