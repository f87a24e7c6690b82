import { createHash } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import type { DatabasePool, QuerySqlToken } from 'slonik';
import type { Clock } from '../runtime/runtime.ts';
import { PostgresUnavailable, QueryTooSlow, type RowReader, type RowReaderFor, toReadError } from './reader.ts';

/** How long a statement may take in the pool of the fast ones. */
export const FAST_LIMIT_MS = 250;
/** What was slow is read by the slow reader at once for so long, and what was fast is taken to be fast. */
const REMEMBERED_MS = 60_000;
const MAX_REMEMBERED = 1_000;
/** Statements whose plans a connection keeps: 0.6 MB each of a table with 27 partitions. */
const MAX_KEPT = 80;

/** What is read, by `key`, and what takes about as long mostly, by `shape`. */
export type ReadPlan = { readonly key: string; readonly shape: string };

/**
 * Reads something by a few statements.
 * @throws QueryTooSlow, QueryAbandoned and PostgresUnavailable, and what `read` throws
 */
export type ReadInTurn = <T>(
  caller: { readonly signal?: AbortSignal },
  reading: ReadPlan,
  read: (reader: RowReader) => Promise<T>,
) => Promise<T>;

type TwoReaders = {
  /** A pool with the statement timeout `FAST_LIMIT_MS` that keeps plans, for what is known to be fast. */
  readonly fast: DatabasePool;
  /** Another one, for what is not known; each timeout costs it a connection with its plans. */
  readonly trial: DatabasePool;
  /** Reads over connections of its own. */
  readonly slow: RowReaderFor;
  readonly clock: Pick<Clock, 'monotonic'>;
};

/**
 * Reads by the fast pool, or by the trial pool what is not known to be fast; and anew by the slow reader where that takes
 * too long. So what is slow does not hold up what is known to be fast, and holds up the rest for no longer than the limits
 * of a few statements.
 */
export const fastThenSlow = ({ fast, trial, slow, clock }: TwoReaders): ReadInTurn => {
  const slowKeys = shortMemory(clock);
  const fastShapes = shortMemory(clock);
  const [fastReader, trialReader] = [keepingPlans(fast), keepingPlans(trial)];

  /** Undefined where it took too long. */
  const readFast = async <T>({ shape }: ReadPlan, read: (reader: RowReader) => Promise<T>) => {
    const startedMs = clock.monotonic();
    try {
      const value = await read(fastShapes.knows(shape) ? fastReader : trialReader);
      fastShapes.note(shape);
      return { value };
    } catch (error) {
      const failure = toReadError(error, FAST_LIMIT_MS);
      // Behind a pooler that drops statement timeouts, the connection is broken instead.
      const wasBroken = failure instanceof PostgresUnavailable && clock.monotonic() - startedMs >= FAST_LIMIT_MS;
      if (!(failure instanceof QueryTooSlow) && !wasBroken) throw failure;
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

/** A reader of single statements, read in turn under one shape. */
export const readerInTurn =
  (read: ReadInTurn, shape: string): RowReaderFor =>
  (caller) => {
    const readingOf = ({ values }: QuerySqlToken): ReadPlan => ({ key: `${shape} ${values.join()}`, shape });
    return {
      any: (query) => read(caller, readingOf(query), (reader) => reader.any(query)),
      exists: (query) => read(caller, readingOf(query), (reader) => reader.exists(query)),
      maybeOne: (query) => read(caller, readingOf(query), (reader) => reader.maybeOne(query)),
      one: (query) => read(caller, readingOf(query), (reader) => reader.one(query)),
    };
  };

/** Remembers the newest of some keys for a while. */
const shortMemory = (clock: Pick<Clock, 'monotonic'>) => {
  const untilMs = new LRUCache<string, number>({ max: MAX_REMEMBERED });
  return {
    knows: (key: string): boolean => (untilMs.get(key) ?? 0) > clock.monotonic(),
    note: (key: string): void => {
      untilMs.set(key, clock.monotonic() + REMEMBERED_MS);
    },
    forget: (key: string): void => void untilMs.delete(key),
  };
};

/** A reader that names the first statements that it meets, as connections keep the plans of those that have names. */
export const keepingPlans = (pool: DatabasePool): RowReader => {
  const names = new Map<string, string>();
  const named = <Query extends QuerySqlToken>(query: Query): Query => {
    if (!names.has(query.sql) && names.size < MAX_KEPT) names.set(query.sql, nameOf(query.sql));
    const name = names.get(query.sql);
    return name === undefined ? query : { ...query, name };
  };
  return {
    any: (query) => pool.any(named(query)),
    exists: (query) => pool.exists(named(query)),
    maybeOne: (query) => pool.maybeOne(named(query)),
    one: (query) => pool.one(named(query)),
  };
};

const nameOf = (text: string): string => `list_${createHash('sha256').update(text).digest('hex').slice(0, 32)}`;
