import { createHash } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import pg from 'pg';
import type { QuerySqlToken } from 'slonik';
import { z } from 'zod';
import { defined } from '../domain/defined.ts';
import type { Clock, Runtime } from '../runtime/runtime.ts';
import { createSemaphore } from '../runtime/semaphore.ts';
import { CONNECT_TIMEOUT_MS, KEEP_PLANS, READ_IN_ORDER } from './bounds.ts';
import { type BoundedPool, createPool, type PostgresPoolOptions } from './pool.ts';
import {
  PostgresUnavailable,
  QueryAbandoned,
  QueryTooSlow,
  queryTooSlow,
  type RowReader,
  type RowReaderFor,
  readerOver,
  rowsOf,
  toReadError,
  withConnection,
} from './reader.ts';

/** Time limit of a statement that keeps its plan. */
const FAST_LIMIT_MS = 250;
/** How long a shape counts as slow, and is read by the slow reader directly, or as fast. */
const REMEMBERED_MS = 60_000;
const MAX_REMEMBERED = 1_000;
/** Maximum simultaneous reads not known to be fast; the other connections are reserved for fast reads. */
const MAX_TRIALS = 2;

/** `key` identifies the data, `shape` groups reads of similar duration. */
export type ReadPlan = { readonly key: string; readonly shape: string };

/**
 * Runs a read of a few statements.
 * @throws QueryTooSlow, QueryAbandoned and PostgresUnavailable, and what `read` throws
 */
export type ReadFastThenSlow = <T>(
  caller: { readonly signal?: AbortSignal },
  reading: ReadPlan,
  read: (reader: RowReader) => Promise<T>,
) => Promise<T>;

type FastThenSlowPools = {
  /** A pool with the statement timeout `FAST_LIMIT_MS` that keeps plans. */
  readonly fast: BoundedPool;
  /** Reads over its own connections. */
  readonly slow: RowReaderFor;
  readonly clock: Clock;
};

/**
 * Reads with the fast pool and, if that takes too long, again with the slow reader. Few reads of unknown speed run
 * simultaneously. So slow reads do not delay reads known to be fast, and delay others no longer than the limits of a few
 * statements.
 */
export const createFastThenSlow = ({ fast, slow, clock }: FastThenSlowPools): ReadFastThenSlow => {
  const slowKeys = shortMemory(clock);
  const fastShapes = shortMemory(clock);
  const trials = createSemaphore(MAX_TRIALS);
  const reader = keepingPlans(fast);

  /** `undefined` if it took too long. */
  const readFast = async <T>({ shape }: ReadPlan, read: (reader: RowReader) => Promise<T>) => {
    const startedMs = clock.monotonic();
    try {
      const value = await (fastShapes.knows(shape) ? read(reader) : trials.run(() => read(reader)));
      fastShapes.note(shape);
      return { value };
    } catch (error) {
      // Behind a pooler that drops statement timeouts, the connection is broken instead.
      const wasBroken = error instanceof PostgresUnavailable && clock.monotonic() - startedMs >= FAST_LIMIT_MS;
      if (!(error instanceof QueryTooSlow) && !wasBroken) throw error;
      fastShapes.forget(shape);
      return undefined;
    }
  };

  return async (caller, reading, read) => {
    if (slowKeys.knows(reading.key)) return read(slow(caller));
    const found = await readFast(reading, read);
    if (found !== undefined) return found.value;
    slowKeys.note(reading.key);
    return read(slow(caller));
  };
};

/** Creates a reader of single statements under one shape. */
export const readerFastThenSlow =
  (read: ReadFastThenSlow, shape: string): RowReaderFor =>
  (caller) => {
    const readingOf = ({ values }: QuerySqlToken): ReadPlan => ({ key: `${shape} ${values.join()}`, shape });
    return {
      any: (query) => read(caller, readingOf(query), (reader) => reader.any(query)),
      maybeOne: (query) => read(caller, readingOf(query), (reader) => reader.maybeOne(query)),
      one: (query) => read(caller, readingOf(query), (reader) => reader.one(query)),
    };
  };

/** Remembers the newest keys for a while. */
const shortMemory = (clock: Clock) => {
  const untilMs = new LRUCache<string, number>({ max: MAX_REMEMBERED });
  return {
    knows: (key: string): boolean => (untilMs.get(key) ?? 0) > clock.monotonic(),
    note: (key: string): void => {
      untilMs.set(key, clock.monotonic() + REMEMBERED_MS);
    },
    forget: (key: string): void => void untilMs.delete(key),
  };
};

/** Statements with a cached plan per connection: 0.6 MB each for a table with 27 partitions. */
const MAX_KEPT = 80;

/** A reader that names the first statements that it runs, because connections keep the plans of named ones. */
const keepingPlans = (pool: BoundedPool): RowReader => {
  const names = new Map<string, string>();
  return readerOver(async (query) => {
    if (!names.has(query.sql) && names.size < MAX_KEPT) names.set(query.sql, nameOf(query.sql));
    const name = names.get(query.sql);
    try {
      return await withConnection(pool, (client) => rowsOf(client, defined({ ...query, name })));
    } catch (error) {
      throw toReadError(error, FAST_LIMIT_MS);
    }
  });
};

const nameOf = (text: string): string => `list_${createHash('sha256').update(text).digest('hex').slice(0, 32)}`;

/**
 * Readers of Postgres for queries. A connection either keeps plans or plans each statement again, and no query suits both,
 * so each query chooses. Each throws QueryTooSlow, QueryAbandoned or PostgresUnavailable.
 */
export type Readers = {
  /** Plans each statement again, for lists and counts with varying filters. Cancels them after 10 s. */
  readonly anyPlan: RowReaderFor;
  /** Keeps plans that use an index. A read over 250 ms is repeated over other connections. */
  readonly fastThenSlow: ReadFastThenSlow;
};

/** Queries that take longer are cancelled. */
const LIMIT_MS = 10_000;
/** Postgres ends a statement itself after this time, if cancelling it failed. */
const STATEMENT_LIMIT_MS = LIMIT_MS + 2_000;

/** The pools behind the readers, by their names for users. */
const POOLS = {
  lists: { max: 10, timeoutMs: STATEMENT_LIMIT_MS },
  pages: { max: 8, timeoutMs: FAST_LIMIT_MS, keepsPlans: true },
  'slow pages': { max: 2, timeoutMs: STATEMENT_LIMIT_MS },
} as const;

type ReadersOptions = {
  readonly url: string;
  readonly world: Runtime;
  readonly opened: (name: string, pool: BoundedPool) => void;
};

export const openReaders = ({ url, world, opened }: ReadersOptions): Readers => {
  const open = (name: keyof typeof POOLS): BoundedPool => {
    const pool = createQueryPool({ url, name: `carillon ${name}`, log: world.log, ...POOLS[name] });
    opened(name, pool);
    return pool;
  };
  const pages = open('pages');
  // The other pools may be full of the statements to cancel.
  const cancellable = (pool: BoundedPool): RowReaderFor =>
    createRowReaders({ pool, cancelPool: pages, limitMs: LIMIT_MS, timers: world.timers });
  return {
    anyPlan: cancellable(open('lists')),
    fastThenSlow: createFastThenSlow({ fast: pages, slow: cancellable(open('slow pages')), clock: world.clock }),
  };
};

/** Connecting and planning take many times as long as a read. */
const PLANS_KEPT_MS = 600_000;

type QueryPoolOptions = PostgresPoolOptions & { readonly keepsPlans?: true };

/**
 * Creates a pool for queries. With `keepsPlans`, Postgres plans each named statement once, always by indexes, and in
 * their order.
 */
export const createQueryPool = ({ url, keepsPlans, ...options }: QueryPoolOptions): BoundedPool => {
  const kept = new URL(url);
  const settings = [kept.searchParams.get('options') ?? '', KEEP_PLANS, READ_IN_ORDER];
  if (keepsPlans) kept.searchParams.set('options', settings.join(' ').trim());
  const idleTimeoutMillis = keepsPlans && PLANS_KEPT_MS;
  const config = defined({ Client: QueryClient, connectionTimeoutMillis: 0, idleTimeoutMillis });
  return createPool({ ...options, url: kept.href, config });
};

/**
 * Limits the time to connect itself. The pool's own limit would also end the wait for a connection, which belongs to the
 * time that a query may take.
 */
class QueryClient extends pg.Client {
  constructor(config?: pg.ClientConfig) {
    super({ ...config, connectionTimeoutMillis: CONNECT_TIMEOUT_MS });
  }
}

/** A statement that is not found running either has not reached the server yet or has ended, so cancelling is retried. */
const CANCEL_TRIES = 5;
const CANCEL_AGAIN_MS = 50;

const Pid = z.tuple([z.object({ pid: z.int() })]);

type RowReadersOptions = {
  readonly pool: BoundedPool;
  /** A second pool for cancelling: the first may be full of the statements to cancel. */
  readonly cancelPool: BoundedPool;
  /** Timeout for a statement including its wait for a connection. */
  readonly limitMs: number;
  readonly timers: Runtime['timers'];
};

/**
 * Creates readers. A statement is cancelled by the process that runs it. Its connection is not given to another caller
 * until cancelling has ended, so no other statement is hit.
 */
export const createRowReaders = ({ pool, cancelPool, limitMs, timers }: RowReadersOptions): RowReaderFor => {
  /** Queried from the server: behind a pooler, the client knows another number. */
  const pids = new WeakMap<pg.PoolClient, number>();
  const pidOf = async (client: pg.PoolClient): Promise<number> => {
    const known = pids.get(client);
    if (known !== undefined) return known;
    const [{ pid }] = Pid.parse((await client.query('SELECT pg_backend_pid() AS pid')).rows);
    pids.set(client, pid);
    return pid;
  };
  const isCancelled = async (pid: number): Promise<boolean> => {
    const text = "SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE pid = $1 AND state = 'active'";
    return (await cancelPool.query(text, [pid])).rows.length > 0;
  };

  return ({ signal }) =>
    readerOver(async (query) => {
      const abandonment = Promise.withResolvers<never>();
      let isAbandoned = false;
      let runningIn: number | undefined;
      let cancelling: Promise<void> | undefined;
      const cancel = async (): Promise<void> => {
        for (let tries = 0; runningIn !== undefined && tries < CANCEL_TRIES; tries++) {
          if (await isCancelled(runningIn)) return;
          await timers.sleep(CANCEL_AGAIN_MS);
        }
      };
      const abandonWith = (error: Error): void => {
        if (isAbandoned) return;
        isAbandoned = true;
        if (runningIn !== undefined) cancelling = cancel().catch(() => {});
        abandonment.reject(error);
      };
      const abandon = (): void => abandonWith(new QueryAbandoned('the caller no longer waits for the response'));
      if (signal?.aborted) abandon();
      signal?.addEventListener('abort', abandon);
      const stopClock = timers.after(limitMs, () => abandonWith(queryTooSlow(limitMs)));
      const result = withConnection(pool, async (client) => {
        const pid = isAbandoned ? undefined : await pidOf(client);
        if (isAbandoned) return abandonment.promise;
        runningIn = pid;
        try {
          return await rowsOf(client, query);
        } finally {
          runningIn = undefined;
          await cancelling;
        }
      });
      try {
        return await Promise.race([result, abandonment.promise]);
      } catch (error) {
        throw toReadError(error, limitMs);
      } finally {
        result.catch(() => {});
        abandonment.promise.catch(() => {});
        stopClock();
        signal?.removeEventListener('abort', abandon);
      }
    });
};
