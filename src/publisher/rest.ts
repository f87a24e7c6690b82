import type { World } from '../world.ts';

const LIVE_MS = 20;
const CATCH_UP_MS = 1;
const LONGEST_MS = 100;

/**
 * A pause between two transactions. Live, it lets events gather, so that a transaction's fixed cost (some 5 ms of CPU)
 * is shared and bounded: 50 of them a second at the most. A pause that ends late shows that the thread is wanted by
 * others, such as an engine with thousands of slots due at once: then it lasts as long again as it was late.
 */
export const rest = async (
  { clock, timers }: Pick<World, 'clock' | 'timers'>,
  { more, signal }: { more: boolean; signal: AbortSignal },
): Promise<void> => {
  const pauseMs = more ? CATCH_UP_MS : LIVE_MS;
  const beganMs = clock.monotonic();
  await timers.sleep(pauseMs, signal);
  const lateMs = clock.monotonic() - beganMs - pauseMs;
  if (lateMs > pauseMs) await timers.sleep(Math.min(lateMs, LONGEST_MS), signal);
};
