import { createHash } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import type { QuerySqlToken } from 'slonik';
import { defined } from '../domain/defined.ts';
import type { Clock } from '../runtime/runtime.ts';
import { createSemaphore } from '../runtime/semaphore.ts';
import type { BoundedPool } from './pool.ts';
import {
  PostgresUnavailable,
  QueryTooSlow,
  type RowReader,
  type RowReaderFor,
  readerOver,
  rowsOf,
  toReadError,
  withConnection,
} from './reader.ts';

/** Time limit of a statement that keeps its plan. */
export const FAST_LIMIT_MS = 250;
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
