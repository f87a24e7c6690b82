import {
  BackendTerminatedError,
  BackendTerminatedUnexpectedlyError,
  type CommonQueryMethods,
  ConnectionError,
  type DatabasePool,
  type QuerySqlToken,
  StatementTimeoutError,
  sql,
} from 'slonik';
import { z } from 'zod';
import type { RefusalCode } from '../domain/codes/problem-codes.ts';
import type { World } from '../world.ts';

/** Reads what somebody asked for. */
export type Reader = Pick<CommonQueryMethods, 'any' | 'exists' | 'maybeOne' | 'one'>;

/**
 * A reader for whoever asks: its statements are cancelled when their signal aborts, or when they take too long. Each
 * throws QueryTooSlow, QueryAbandoned, PostgresUnavailable.
 */
export type ReaderFor = (asker: { readonly signal?: AbortSignal }) => Reader;

export class QueryTooSlow extends Error {
  override readonly name = 'QueryTooSlow';
  readonly code = 'QUERY_TOO_SLOW' satisfies RefusalCode;
}

/** Nobody waits for the answer any more. */
export class QueryAbandoned extends Error {
  override readonly name = 'QueryAbandoned';
  readonly code = 'QUERY_ABANDONED';
}

export class PostgresUnavailable extends Error {
  override readonly name = 'PostgresUnavailable';
  readonly code = 'POSTGRES_UNAVAILABLE' satisfies RefusalCode;
}

type ReaderOptions = {
  readonly pool: DatabasePool;
  /** Another one, for the cancelling: the first may be full of what is to be cancelled. */
  readonly cancelPool: DatabasePool;
  /** For a statement and its wait for a connection. */
  readonly limitMs: number;
  readonly world: Pick<World, 'timers' | 'random'>;
};

/** A statement that is not found under way has yet to reach the server, or has ended. */
const CANCEL_TRIES = 5;
const CANCEL_AGAIN_MS = 50;

/** Each statement begins with a comment of its own, by which it is found when it is to be cancelled. */
export const createReaders = ({ pool, cancelPool, limitMs, world }: ReaderOptions): ReaderFor => {
  const isCancelled = async (mark: string): Promise<boolean> => {
    const rows = await cancelPool.any(sql.type(z.object({}))`
      SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE state = 'active' AND starts_with(query, ${mark})`);
    return rows.length > 0;
  };

  return ({ signal }) => {
    const run = async <S extends QuerySqlToken, T>(
      query: S,
      ask: (connection: CommonQueryMethods, query: S) => Promise<T>,
    ): Promise<T> => {
      const mark = `/* ${world.random.uuid()} */`;
      const given = Promise.withResolvers<never>();
      let givenUp = false;
      let underWay = false;
      let cancelling: Promise<void> | undefined;
      const cancel = async (): Promise<void> => {
        for (let tries = 0; underWay && tries < CANCEL_TRIES; tries++) {
          if (await isCancelled(mark)) return;
          await world.timers.sleep(CANCEL_AGAIN_MS);
        }
      };
      const giveUp = (error: Error): void => {
        if (givenUp) return;
        givenUp = true;
        if (underWay) cancelling = cancel().catch(() => {});
        given.reject(error);
      };
      const abandon = (): void => giveUp(new QueryAbandoned('nobody waits for the answer any more'));
      if (signal?.aborted) abandon();
      signal?.addEventListener('abort', abandon);
      const stopClock = world.timers.after(limitMs, () => giveUp(tooSlow(limitMs)));
      const asked = pool.connect(async (connection) => {
        if (givenUp) return undefined;
        underWay = true;
        try {
          return { answer: await ask(connection, { ...query, sql: `${mark} ${query.sql}` }) };
        } finally {
          underWay = false;
          // The connection's next statement is somebody else's.
          await cancelling;
        }
      });
      try {
        const read = await Promise.race([asked, given.promise]);
        return read === undefined ? await given.promise : read.answer;
      } catch (error) {
        throw explained(error, limitMs);
      } finally {
        asked.catch(() => {});
        given.promise.catch(() => {});
        stopClock();
        signal?.removeEventListener('abort', abandon);
      }
    };
    return {
      any: (query) => run(query, (connection, marked) => connection.any(marked)),
      exists: (query) => run(query, (connection, marked) => connection.exists(marked)),
      maybeOne: (query) => run(query, (connection, marked) => connection.maybeOne(marked)),
      one: (query) => run(query, (connection, marked) => connection.one(marked)),
    };
  };
};

const tooSlow = (limitMs: number): QueryTooSlow =>
  new QueryTooSlow(`this took longer than ${limitMs / 1_000} s to look up: narrow it, or try again`);

/** Connection refused or lost, a server that starts, stops or has no connection left. */
const AWAY: ReadonlySet<unknown> = new Set([
  ...['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ETIMEDOUT', 'ENOTFOUND', 'EAI_AGAIN', 'ENOENT'],
  ...['57P01', '57P02', '57P03', '53300'],
]);

/** The failure of a statement, as whoever asked can be told of it. */
export const explained = (error: unknown, limitMs: number): unknown => {
  if (error instanceof StatementTimeoutError) return tooSlow(limitMs);
  const isAway =
    error instanceof ConnectionError ||
    error instanceof BackendTerminatedError ||
    error instanceof BackendTerminatedUnexpectedlyError ||
    (error instanceof Error && 'code' in error && AWAY.has(error.code));
  return isAway ? new PostgresUnavailable('Postgres is unavailable: try again soon', { cause: error }) : error;
};
