import { Refusal } from '../domain/refusal.ts';
import type { World } from '../world.ts';

/** Longer than the event store's own patience, whose error says more about the cause. */
const LONGEST_CHANGE_MS = 12_000;

/**
 * Waits for the answer to a change, but no longer than 12 s. An append that the log did not answer is made again for as
 * long as the log is away, and a request must not wait for that.
 * @throws Refusal LOG_UNAVAILABLE after 12 s; the change goes on and may still be made
 */
export const inTime = async <T>(timers: World['timers'], answer: Promise<T>): Promise<T> => {
  const late = Promise.withResolvers<never>();
  const cancel = timers.after(LONGEST_CHANGE_MS, () => {
    late.reject(new Refusal('LOG_UNAVAILABLE', 'the log has not answered: the change may still be made'));
  });
  try {
    return await Promise.race([answer, late.promise]);
  } finally {
    cancel();
  }
};
