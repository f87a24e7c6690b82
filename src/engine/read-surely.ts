import { EventStoreClosed, LogMismatch, LogUnavailable, StreamParked, UnreadableEvent } from '../event-store/errors.ts';
import type { World } from '../world.ts';

const FINAL = [StreamParked, UnreadableEvent, LogMismatch, EventStoreClosed];
const PAUSE_MS = 500;

type RetryOptions = {
  /** No longer tried after this. */
  readonly signal?: AbortSignal | undefined;
  /** What no repeat would mend, beside what the log itself says so of. */
  readonly isFinal?: (error: unknown) => boolean;
};

/**
 * Reads again and again while the log can't be reached: what an engine has begun, it brings to its end.
 * @throws what no repeat would mend; whatever it is, once the signal has aborted
 */
export const readSurely = async <T>(
  { timers, log }: Pick<World, 'timers' | 'log'>,
  read: () => Promise<T>,
  { signal, isFinal }: RetryOptions = {},
): Promise<T> => {
  for (;;) {
    try {
      return await read();
    } catch (error) {
      if (FINAL.some((each) => error instanceof each) || isFinal?.(error) || signal?.aborted) throw error;
      if (error instanceof LogUnavailable) log.debug({ error }, 'scheduler: the log is away: reading again');
      else log.warn({ error }, 'scheduler: the log could not be read: reading again');
      await timers.sleep(PAUSE_MS, signal);
    }
  }
};
