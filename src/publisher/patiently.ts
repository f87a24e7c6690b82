import type { World } from '../runtime/world.ts';
import { isNotYet } from './errors.ts';

const FIRST_PAUSE_MS = 5;
const LONGEST_PAUSE_MS = 1_000;
const TRIES = 16;

/**
 * Asks Kafka again as long as it answers that it is not ready yet: for a few ms after a commit (CONCURRENT_TRANSACTIONS),
 * and while a leader or a coordinator is elected. A transaction of one message takes 4 to 10 ms with these pauses.
 */
export const patiently = async <T>(timers: World['timers'], ask: () => Promise<T>): Promise<T> => {
  for (let tried = 1, pauseMs = FIRST_PAUSE_MS; ; tried++) {
    try {
      return await ask();
    } catch (error) {
      if (!isNotYet(error) || tried === TRIES) throw error;
      await timers.sleep(pauseMs);
      pauseMs = Math.min(pauseMs * 1.5, LONGEST_PAUSE_MS);
    }
  }
};
