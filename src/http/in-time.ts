import { Refusal } from '../domain/refusal.ts';
import type { World } from '../runtime/world.ts';

/** Longer than the event store's own patience, whose error says more about the cause. */
const LONGEST_CHANGE_MS = 12_000;

const changeIsLate = (): Refusal =>
  new Refusal('LOG_UNAVAILABLE', 'the log has not answered: the change may still be made');

export const lookupIsLate = (): Refusal =>
  new Refusal('QUERY_TOO_SLOW', 'this took too long to look up: narrow it, or try again');

/**
 * Waits for an answer, but no longer than 12 s. An append that the log did not answer is made again for as long as the log
 * is away, and a request must not wait for that.
 * @throws Refusal LOG_UNAVAILABLE after 12 s, unless told otherwise; a change goes on and may still be made
 */
export const inTime = async <T>(
  timers: World['timers'],
  answer: Promise<T>,
  isLate: () => Refusal = changeIsLate,
): Promise<T> => {
  const late = Promise.withResolvers<never>();
  const cancel = timers.after(LONGEST_CHANGE_MS, () => late.reject(isLate()));
  try {
    return await Promise.race([answer, late.promise]);
  } finally {
    cancel();
  }
};
