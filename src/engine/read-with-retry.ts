import { EventStoreClosed, LogMismatch, LogUnavailable, StreamParked, UnreadableEvent } from '../event-store/errors.ts';
import type { Runtime } from '../runtime/runtime.ts';

const FINAL = [StreamParked, UnreadableEvent, LogMismatch, EventStoreClosed];
const PAUSE_MS = 500;

/**
 * Reads from the log, with a retry every 500 ms for as long as it takes, so that an outage ends nothing that is under
 * way.
 * @param signal aborts the retries: the next error is thrown
 * @param isFinal finds errors that no retry helps against, beside those of the log itself
 * @throws errors that no retry helps against, and any error once the signal has aborted
 */
export const readWithRetry = async <T>(
  { timers, log }: Runtime,
  read: () => Promise<T>,
  {
    signal,
    isFinal,
  }: { readonly signal?: AbortSignal | undefined; readonly isFinal?: (error: unknown) => boolean } = {},
): Promise<T> => {
  for (;;) {
    try {
      return await read();
    } catch (error) {
      if (FINAL.some((each) => error instanceof each) || isFinal?.(error) || signal?.aborted) throw error;
      if (error instanceof LogUnavailable) log.debug({ error }, 'scheduler: the log is unavailable; retrying the read');
      else log.warn({ error }, 'scheduler: could not read the log; retrying');
      await timers.sleep(PAUSE_MS, signal);
    }
  }
};
