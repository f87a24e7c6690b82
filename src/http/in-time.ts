import { Refusal } from '../domain/refusal.ts';
import type { World } from '../world.ts';

/** Longer than the log itself is patient, which tells more of what is wrong. */
const LONGEST_MS = 12_000;

/**
 * The answer to a change, or that the log does not give one: an append that was not answered is made again until it
 * is, for as long as the log is away, and nobody is to wait for that with a request.
 * @throws Refusal LOG_UNAVAILABLE after 12 s; what was begun goes on
 */
export const inTime = async <T>(timers: World['timers'], answer: Promise<T>): Promise<T> => {
  const late = Promise.withResolvers<never>();
  const cancel = timers.after(LONGEST_MS, () => {
    late.reject(new Refusal('LOG_UNAVAILABLE', 'the log has not answered: the change may still be made'));
  });
  try {
    return await Promise.race([answer, late.promise]);
  } finally {
    cancel();
  }
};
