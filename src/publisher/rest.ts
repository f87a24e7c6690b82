import type { World } from '../world.ts';

const LIVE_MS = 20;
const CATCH_UP_MS = 1;
const LONGEST_MS = 100;
const LOOK_AGAIN_MS = 50;
const GIVES_WAY_FOR_MS = 2_000;

type Rest = {
  /** More is there than fits a transaction. */
  readonly more: boolean;
  /** Others in this process have much to do that is due. */
  readonly givesWay: () => boolean;
  readonly signal: AbortSignal;
};

/**
 * A pause between two transactions. Live, it lets events gather, so that a transaction's fixed cost (some 5 ms of CPU)
 * is shared and bounded: 50 of them a second at the most. A pause that ends late shows that the thread is wanted by
 * others: then it lasts as long again as it was late. Where it gives way, it lasts until they are done, or 2 s.
 */
export const rest = async (
  { clock, timers }: Pick<World, 'clock' | 'timers'>,
  { more, givesWay, signal }: Rest,
): Promise<void> => {
  const pauseMs = more ? CATCH_UP_MS : LIVE_MS;
  const beganMs = clock.monotonic();
  await timers.sleep(pauseMs, signal);
  const lateMs = clock.monotonic() - beganMs - pauseMs;
  if (lateMs > pauseMs) await timers.sleep(Math.min(lateMs, LONGEST_MS), signal);
  while (givesWay() && !signal.aborted && clock.monotonic() - beganMs < GIVES_WAY_FOR_MS) {
    await timers.sleep(LOOK_AGAIN_MS, signal);
  }
};
