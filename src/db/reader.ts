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
import type { DomainErrorCode } from '../domain/codes/problem-codes.ts';
import { DomainError } from '../domain/domain-error.ts';
import type { Runtime } from '../runtime/runtime.ts';

/** The queries of slonik that read rows. */
export type RowReader = Pick<CommonQueryMethods, 'any' | 'exists' | 'maybeOne' | 'one'>;

/**
 * Creates a reader for one caller. Its statements are cancelled when the signal aborts or when they take too long.
 * Each query throws QueryTooSlow, QueryAbandoned, PostgresUnavailable or Rejection READ_MODELS_BEHIND.
 */
export type RowReaderFor = (caller: { readonly signal?: AbortSignal }) => RowReader;

export class QueryTooSlow extends Error {
  override readonly name = 'QueryTooSlow';
  readonly code = 'QUERY_TOO_SLOW' satisfies DomainErrorCode;
}

/** The caller no longer waits for the answer. */
export class QueryAbandoned extends Error {
  override readonly name = 'QueryAbandoned';
  readonly code = 'QUERY_ABANDONED';
}

export class PostgresUnavailable extends Error {
  override readonly name = 'PostgresUnavailable';
  readonly code = 'POSTGRES_UNAVAILABLE' satisfies DomainErrorCode;
}

type ReaderOptions = {
  readonly pool: DatabasePool;
  /** A second pool for cancelling: the first may be full of the statements to cancel. */
  readonly cancelPool: DatabasePool;
  /** Timeout for a statement including its wait for a connection. */
  readonly limitMs: number;
  readonly world: Pick<Runtime, 'timers' | 'random'>;
};

/**
 * A statement that is not found running either has not reached the server yet or has ended, so cancelling is retried.
 */
const CANCEL_TRIES = 5;
const CANCEL_AGAIN_MS = 50;

/** Creates readers. Each statement begins with a unique comment, by which it is found on the server to be cancelled. */
export const createRowReaders = ({ pool, cancelPool, limitMs, world }: ReaderOptions): RowReaderFor => {
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
      const abandonment = Promise.withResolvers<never>();
      let isAbandoned = false;
      let isRunning = false;
      let cancelling: Promise<void> | undefined;
      const cancel = async (): Promise<void> => {
        for (let tries = 0; isRunning && tries < CANCEL_TRIES; tries++) {
          if (await isCancelled(mark)) return;
          await world.timers.sleep(CANCEL_AGAIN_MS);
        }
      };
      const abandonWith = (error: Error): void => {
        if (isAbandoned) return;
        isAbandoned = true;
        if (isRunning) cancelling = cancel().catch(() => {});
        abandonment.reject(error);
      };
      const abandon = (): void => abandonWith(new QueryAbandoned('the caller no longer waits for the response'));
      if (signal?.aborted) abandon();
      signal?.addEventListener('abort', abandon);
      const stopClock = world.timers.after(limitMs, () => abandonWith(queryTooSlow(limitMs)));
      const answered = pool.connect(async (connection) => {
        if (isAbandoned) return undefined;
        isRunning = true;
        try {
          return { answer: await ask(connection, { ...query, sql: `${mark} ${query.sql}` }) };
        } finally {
          isRunning = false;
          // Otherwise a late cancellation would hit the next statement on this connection, which belongs to another
          // caller.
          await cancelling;
        }
      });
      try {
        const read = await Promise.race([answered, abandonment.promise]);
        return read === undefined ? await abandonment.promise : read.answer;
      } catch (error) {
        throw toReadError(error, limitMs);
      } finally {
        answered.catch(() => {});
        abandonment.promise.catch(() => {});
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

const queryTooSlow = (limitMs: number): QueryTooSlow =>
  new QueryTooSlow(`The query took longer than ${limitMs / 1_000} s. Narrow the filters, or try again.`);

/** Error codes of a rejected or lost connection, and of a server that starts, stops or has no free connection. */
const UNAVAILABLE_CODES: ReadonlySet<unknown> = new Set([
  ...['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ETIMEDOUT', 'ENOTFOUND', 'EAI_AGAIN', 'ENOENT'],
  ...['57P01', '57P02', '57P03', '53300'],
]);

/** Error codes of a table or schema that does not exist. */
const MISSING_CODES: ReadonlySet<unknown> = new Set(['42P01', '3F000']);

/** Translates the error of a statement into one that a caller understands; other errors stay as they are. */
export const toReadError = (error: unknown, limitMs: number): unknown => {
  if (error instanceof StatementTimeoutError) return queryTooSlow(limitMs);
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (MISSING_CODES.has(code)) {
    // Before the first process of this release that projects: its read models may have another shape.
    return new DomainError('READ_MODELS_BEHIND', 'The read models of this version do not exist yet. Try again soon.');
  }
  const isAway =
    error instanceof ConnectionError ||
    error instanceof BackendTerminatedError ||
    error instanceof BackendTerminatedUnexpectedlyError ||
    UNAVAILABLE_CODES.has(code);
  return isAway ? new PostgresUnavailable('Postgres is unavailable. Try again soon.', { cause: error }) : error;
};
