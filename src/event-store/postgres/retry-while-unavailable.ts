import { isUnavailable } from '../../db/bounds.ts';
import { type Backoff, backoffMs } from '../../runtime/retry.ts';
import type { Runtime } from '../../runtime/runtime.ts';
import type { Availability } from '../availability.ts';
import { EventStoreClosed, LogUnavailable } from '../errors.ts';

const RETRY: Backoff = { firstMs: 50, longestMs: 1_000 };

/** Runs a read or a cut, and retries it while the log is unreachable. */
export type RetryWhileUnavailable = <T>(ask: () => Promise<T>) => Promise<T>;

type PatienceOptions = {
  readonly world: Runtime;
  readonly availability: Availability;
  readonly patienceMs: number;
  /** Aborts when the store is closed. */
  readonly closing: AbortSignal;
};

/**
 * Creates the function that retries. It throws LogUnavailable after `patienceMs`, and EventStoreClosed when the store is
 * closed.
 */
export const createRetryWhileAway = ({
  world,
  availability,
  patienceMs,
  closing,
}: PatienceOptions): RetryWhileUnavailable => {
  const { clock, timers } = world;
  return async (ask) => {
    const giveUpMs = clock.monotonic() + patienceMs;
    for (let retry = 1; ; retry++) {
      try {
        const answer = await ask();
        availability.worked('reads');
        return answer;
      } catch (error) {
        if (closing.aborted) throw new EventStoreClosed();
        if (!isUnavailable(error)) throw error;
        availability.failed('reads', error);
        const pauseMs = backoffMs(retry, RETRY);
        if (clock.monotonic() + pauseMs >= giveUpMs) throw new LogUnavailable({ cause: error });
        await timers.sleep(pauseMs, closing);
      }
    }
  };
};
