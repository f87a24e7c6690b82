import { createPgDriverFactory } from '@slonik/pg-driver';
import {
  createPool,
  type DatabasePool,
  type DriverFactory,
  type Interceptor,
  type QueryResultRow,
  SchemaValidationError,
  StatementCancelledError,
  StatementTimeoutError,
} from 'slonik';
import { defined } from '../domain/defined.ts';
import type { Runtime, Timers } from '../runtime/runtime.ts';
import { withTimeout } from '../runtime/timeout.ts';
import { KEEP_PLANS, READ_IN_ORDER, SILENCE_MS } from './bounds.ts';
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

export type QueryPoolOptions = {
  readonly url: string;
  /** The maximum number of connections. */
  readonly maxPoolSize?: number;
  /**
   * Plans each named statement once and always by indexes; `by key` for statements that find a few rows
   * by key, `in order` for those that read rows in the order of an index.
   */
  readonly keepPlans?: 'by key' | 'in order';
  /** Statement timeout, enforced by Postgres. If Postgres is silent, the connection is destroyed a second later. */
  readonly statementLimitMs: number;
  readonly world: Pick<Runtime, 'timers' | 'log'>;
};

/** How long a client that is destroyed still waits for its server. */
const GRACE_MS = 500;
/** How long a pool may take to open, however short its statements must be: a start must not fail on a busy machine. */
const OPEN_MS = 10_000;
/**
 * How long a connection that keeps plans is kept while it is idle: to connect and plan takes many times as long as a read.
 * By key it is shorter, as a read by it waits for up to 13 s where the connection was cut off in silence meanwhile.
 */
const KEPT_MS = { 'by key': 60_000, 'in order': 600_000 } as const;

/**
 * Creates a slonik pool that checks each row against the schema of its query (`sql.type(schema)`). Slonik reads int8
 * and count(*) as BigInt, timestamptz as epoch milliseconds, date as a string and numeric as a number.
 * @throws SchemaValidationError from a query whose row does not fit its schema
 */
export const createQueryPool = async (options: QueryPoolOptions): Promise<DatabasePool> => {
  const { url, maxPoolSize = 10, keepPlans, statementLimitMs, world } = options;
  const pool = await createPool(keepPlans === undefined ? url : withKeptPlans(url, keepPlans), {
    maxPoolSize,
    driverFactory: boundedDriver(statementLimitMs + SILENCE_MS, world.timers),
    statementTimeout: statementLimitMs,
    gracefulTerminationTimeout: GRACE_MS,
    ...defined({ idleTimeout: keepPlans && KEPT_MS[keepPlans] }),
    interceptors: [resultParser],
    // Slonik would send DISCARD ALL, which halves the throughput. The queries leave no state in their session.
    resetConnection: async () => {},
  });
  pool.on('error', (error: Error) => {
    // The sender of the statement gets this error itself, or no longer waits for it.
    if (error instanceof StatementTimeoutError || error instanceof StatementCancelledError) return;
    if (pool.state().state === 'ACTIVE') world.log.warn({ error: error.message }, 'lost an idle Postgres connection');
  });
  return pool;
};

const withKeptPlans = (url: string, keepPlans: 'by key' | 'in order'): string => {
  const keptPlansUrl = new URL(url);
  const own = keepPlans === 'in order' ? `${KEEP_PLANS} ${READ_IN_ORDER}` : KEEP_PLANS;
  keptPlansUrl.searchParams.set('options', `${keptPlansUrl.searchParams.get('options') ?? ''} ${own}`.trim());
  return keptPlansUrl.href;
};

const resultParser: Interceptor = {
  name: 'result-parser',
  transformRow: ({ resultParser: schema }, query, row) => {
    if (!schema) return row;
    const result = schema['~standard'].validate(row);
    if (result instanceof Promise) throw new TypeError('a row schema must not be asynchronous');
    if (result.issues) throw new SchemaValidationError(query, row, result.issues);
    if (!isRow(result.value)) throw new TypeError('a row schema must yield an object');
    return result.value;
  },
};

const isRow = (value: unknown): value is QueryResultRow => typeof value === 'object' && value !== null;

/**
 * Wraps slonik's Postgres driver with a timeout for each statement. The server enforces its own statement timeout
 * first; this one destroys the connection of a server that does not answer at all, which ends the statement too.
 * @param answerMs the time from sending a statement to its complete answer
 */
const boundedDriver =
  (answerMs: number, timers: Timers): DriverFactory =>
  async (options) => {
    const limitMs = Math.max(answerMs, OPEN_MS);
    const late = (): never => {
      throw new Error(`Postgres did not respond within ${limitMs} ms`);
    };
    // The driver makes queries itself before the first statement, and sets no timeout for them.
    const driver = await withTimeout(timers, { limitMs, late }, createPgDriverFactory()(options));
    return {
      createClient: async () => {
        const client = await driver.createClient();
        return {
          ...client,
          query: async (...queryArguments) => {
            const cancel = timers.after(answerMs, () => void client.destroy().catch(() => {}));
            try {
              return await client.query(...queryArguments);
            } finally {
              cancel();
            }
          },
        };
      },
    };
  };
