import { LogUnavailable } from '../event-store/errors.ts';
import type { Runtime } from '../runtime/runtime.ts';

const PAUSE_MS = 1_000;
const LIMIT_MS = 60_000;

/** A dependency was unreachable for a minute during the start. */
export class StartWaitOver extends Error {
  override readonly name = 'StartWaitOver';
  readonly code = 'START_WAIT_OVER';
}

export type StartWait = {
  /**
   * Retries a dependency while it is unavailable. The whole start waits up to a minute.
   * @throws StartWaitOver, and every other error of `ask`
   */
  readonly until: <T>(dependency: Dependency<T>) => Promise<T>;
  readonly reason: () => string;
};

type Dependency<T> = {
  /** Name for users, with its address. */
  readonly name: string;
  readonly ask: () => Promise<T>;
  /** Whether the error means that the dependency is unavailable, so that a retry may succeed. */
  readonly isAway: (error: unknown) => boolean;
};

/** Creates the wait of a start for its dependencies. Logs each wait once, and shows its reason in `/readyz`. */
export const createStartWait = ({ clock, timers, log }: Runtime): StartWait => {
  const giveUpAtMs = clock.monotonic() + LIMIT_MS;
  let reason = 'the process is starting';
  return {
    reason: () => reason,
    until: async ({ name, ask, isAway }) => {
      for (let tries = 0; ; tries++) {
        try {
          const answer = await ask();
          if (tries > 0) log.info({ tries }, `${name} is available: continuing the start`);
          reason = 'the process is starting';
          return answer;
        } catch (error) {
          if (!isAway(error)) throw error;
          const why = whyOf(error);
          reason = `waiting for ${name}: ${why}`;
          if (clock.monotonic() + PAUSE_MS > giveUpAtMs) {
            const text = `Can't reach ${name} for ${LIMIT_MS / 1_000} s: ${why}. Check that it's running and that its address is correct.`;
            throw new StartWaitOver(text, { cause: error });
          }
          if (tries === 0) log.warn({ limitMs: LIMIT_MS, error: why }, `waiting for ${name}`);
          await timers.sleep(PAUSE_MS);
        }
      }
    },
  };
};

/** The cause of an unavailable log is more specific. */
const whyOf = (error: unknown): string => {
  if (error instanceof LogUnavailable && error.cause !== undefined) return whyOf(error.cause);
  return error instanceof Error && error.message !== '' ? error.message.trim() : String(error);
};
