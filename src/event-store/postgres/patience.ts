import pg from 'pg';
import { type Backoff, backoffMs } from '../../backoff.ts';
import type { World } from '../../world.ts';
import { EventStoreClosed, LogUnavailable } from '../errors.ts';
import type { Standing } from '../standing.ts';

const RETRY: Backoff = { firstMs: 50, longestMs: 1_000 };

/** SQLSTATE: connections, rollbacks, resources, shutdowns and cancels, faults of its machine, and a session that idled. */
const AWAY = /^(?:08|40|53|57|58|25P03)/;
const OURS = [TypeError, RangeError, SyntaxError];

/** Whether Postgres could not be asked, or could not answer: to ask it again may help. */
export const isAway = (error: unknown): boolean => {
  if (error instanceof pg.DatabaseError) return AWAY.test(error.code ?? '');
  return !OURS.some((each) => error instanceof each);
};

/** Asks again while the log is away. */
export type RetryWhileAway = <T>(ask: () => Promise<T>) => Promise<T>;

type PatienceOptions = {
  readonly world: Pick<World, 'clock' | 'timers'>;
  readonly standing: Standing;
  readonly patienceMs: number;
  /** Aborts when the store is closed. */
  readonly closing: AbortSignal;
};

/** Each ask throws LogUnavailable once the log was away for `patienceMs`, EventStoreClosed once it is closed. */
export const createPatience = ({ world, standing, patienceMs, closing }: PatienceOptions): RetryWhileAway => {
  const { clock, timers } = world;
  return async (ask) => {
    const giveUpMs = clock.monotonic() + patienceMs;
    for (let retry = 1; ; retry++) {
      try {
        const answer = await ask();
        standing.worked('reads');
        return answer;
      } catch (error) {
        if (closing.aborted) throw new EventStoreClosed();
        if (!isAway(error)) throw error;
        standing.failed('reads', error);
        const pauseMs = backoffMs(retry, RETRY);
        if (clock.monotonic() + pauseMs >= giveUpMs) throw new LogUnavailable({ cause: error });
        await timers.sleep(pauseMs, closing);
      }
    }
  };
};
