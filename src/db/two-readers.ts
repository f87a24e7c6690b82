import type { DatabasePool, QuerySqlToken } from 'slonik';
import type { Clock } from '../world.ts';
import { PostgresUnavailable, QueryTooSlow, type RowReader, type RowReaderFor, toReadError } from './reader.ts';

/** How long a statement may take in the pool of the fast ones. */
export const FAST_LIMIT_MS = 250;
/** What was slow is read by the slow reader at once for so long. */
const SLOW_FOR_MS = 60_000;
const MOST_REMEMBERED = 1_000;
/** Statements whose plans a connection keeps. */
const MOST_KEPT = 200;

/**
 * Reads something by a few statements. What was slow under a key is read by the slow reader the next time.
 * @throws QueryTooSlow, QueryAbandoned and PostgresUnavailable, and what `read` throws
 */
export type ReadInTurn = <T>(
  caller: { readonly signal?: AbortSignal },
  key: string,
  read: (reader: RowReader) => Promise<T>,
) => Promise<T>;

type TwoReaders = {
  /** A pool with the statement timeout `FAST_LIMIT_MS` that keeps plans. */
  readonly fast: DatabasePool;
  /** Reads over connections of its own. */
  readonly slow: RowReaderFor;
  readonly clock: Pick<Clock, 'monotonic'>;
};

/**
 * Reads by the fast pool, and anew by the slow reader where that takes too long. So what is slow never holds up what is
 * fast for longer than the limit of one statement.
 */
export const fastThenSlow = ({ fast, slow, clock }: TwoReaders): ReadInTurn => {
  const slowUntilMs = new Map<string, number>();
  const fastReader = keepingPlans(fast);
  return async (caller, key, read) => {
    if ((slowUntilMs.get(key) ?? 0) > clock.monotonic()) return read(slow(caller));
    const startedMs = clock.monotonic();
    try {
      return await read(fastReader);
    } catch (error) {
      const told = toReadError(error, FAST_LIMIT_MS);
      // Behind a pooler that drops statement timeouts, the connection is broken instead.
      const wasBroken = told instanceof PostgresUnavailable && clock.monotonic() - startedMs >= FAST_LIMIT_MS;
      if (!(told instanceof QueryTooSlow) && !wasBroken) throw told;
    }
    slowUntilMs.delete(key);
    slowUntilMs.set(key, clock.monotonic() + SLOW_FOR_MS);
    const [oldest] = slowUntilMs.keys();
    if (slowUntilMs.size > MOST_REMEMBERED && oldest !== undefined) slowUntilMs.delete(oldest);
    return read(slow(caller));
  };
};

/** Names the first statements that it meets, as connections keep the plans of those that have names. */
const keepingPlans = (pool: DatabasePool): RowReader => {
  const names = new Map<string, string>();
  const named = <Query extends QuerySqlToken>(query: Query): Query => {
    if (!names.has(query.sql) && names.size < MOST_KEPT) names.set(query.sql, `list_${names.size}`);
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
