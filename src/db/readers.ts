import type { DatabasePool } from 'slonik';
import type { Runtime } from '../runtime/runtime.ts';
import { createQueryPool, type QueryPoolOptions } from './query-pool.ts';
import { createRowReaders, type RowReader, type RowReaderFor, toReadError } from './reader.ts';
import { FAST_LIMIT_MS, fastThenSlow, keepingPlans, type ReadInTurn } from './two-readers.ts';

/**
 * How the queries read Postgres. A query says by which plan, as no pool is good for all of them: a connection either
 * keeps plans or makes them anew, and a list that takes seconds must hold up neither the others nor a read by id. Each
 * query throws QueryTooSlow, QueryAbandoned or PostgresUnavailable.
 */
export type Readers = {
  /** Plans each statement anew, for lists and counts, whose filters differ. They are cancelled after 10 s. */
  readonly anyPlan: RowReaderFor;
  /** Keeps plans that find a few rows by their keys: making them took longer than running them. */
  readonly byKey: RowReader;
  /**
   * Makes a reader that keeps plans which go in the order of an index, over months of executions. To plan such a page took
   * 3 to 6 ms, and to run it 0.3. What takes longer than 250 ms is read anew over connections of its own.
   */
  readonly inOrder: () => ReadInTurn;
};

/** The pools behind the readers, by their names for users. */
const POOLS = {
  lists: {},
  reads: { maxPoolSize: 2, keepPlans: 'by key' },
  pages: { maxPoolSize: 4, keepPlans: 'in order', statementLimitMs: FAST_LIMIT_MS },
  /** Of pages that are not known to be fast: a timeout costs a connection with all its plans. */
  'new pages': { maxPoolSize: 2, keepPlans: 'in order', statementLimitMs: FAST_LIMIT_MS },
  'slow pages': { maxPoolSize: 2 },
} as const satisfies Readonly<Record<string, Partial<QueryPoolOptions>>>;

/** Queries that take longer are cancelled. */
const LIMIT_MS = 10_000;
/** Postgres ends a statement itself after this time, if cancelling it failed. */
const STATEMENT_LIMIT_MS = LIMIT_MS + 2_000;

type ReadersOptions = {
  readonly url: string;
  readonly world: Pick<Runtime, 'clock' | 'timers' | 'random' | 'log'>;
  /** Called with each pool once it is open. The caller closes them. */
  readonly opened: (name: string, pool: DatabasePool) => void;
};

export const openReaders = async ({ url, world, opened }: ReadersOptions): Promise<Readers> => {
  const open = async (name: keyof typeof POOLS): Promise<DatabasePool> => {
    const pool = await createQueryPool({ url, world, statementLimitMs: STATEMENT_LIMIT_MS, ...POOLS[name] });
    opened(name, pool);
    return pool;
  };
  const lists = await open('lists');
  const reads = await open('reads');
  const pages = await open('pages');
  const newPages = await open('new pages');
  const slowPages = await open('slow pages');
  // The other pools may be full of the statements that are to be cancelled.
  const cancellable = (pool: DatabasePool): RowReaderFor =>
    createRowReaders({ pool, cancelPool: reads, limitMs: LIMIT_MS, world });
  const slow = cancellable(slowPages);
  return {
    anyPlan: cancellable(lists),
    byKey: withReadErrors(keepingPlans(reads)),
    inOrder: () => fastThenSlow({ fast: pages, trial: newPages, slow, clock: world.clock }),
  };
};

const withReadErrors = (reader: RowReader): RowReader => {
  const translated = (error: unknown): never => {
    throw toReadError(error, STATEMENT_LIMIT_MS);
  };
  return {
    any: (query) => reader.any(query).catch(translated),
    exists: (query) => reader.exists(query).catch(translated),
    maybeOne: (query) => reader.maybeOne(query).catch(translated),
    one: (query) => reader.one(query).catch(translated),
  };
};
