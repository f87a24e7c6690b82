import { createPool, type DatabasePool, type Interceptor, type QueryResultRow, SchemaValidationError } from 'slonik';
import type { Logger } from '../world.ts';
import { boundedDriver } from './bounded-driver.ts';
import { SILENCE_MS } from './bounds.ts';
import { KEEP_PLANS } from './keep-plans.ts';

export type QueryPoolOptions = {
  readonly url: string;
  /** The maximum number of connections. */
  readonly maxPoolSize?: number;
  /**
   * Plans each named statement (`sql.prepared`) once and always by indexes; for statements that find a few rows by key.
   */
  readonly keepPlans?: true;
  /** Statement timeout, enforced by Postgres. If Postgres is silent, the connection is destroyed a second later. */
  readonly statementLimitMs: number;
  readonly log: Logger;
};

/** How long a client that is destroyed still waits for its server. */
const GRACE_MS = 500;

/**
 * Creates a slonik pool that checks each row against the schema of its query (`sql.type(schema)`). Slonik reads int8
 * and count(*) as BigInt, timestamptz as epoch milliseconds, date as a string and numeric as a number.
 * @throws SchemaValidationError from a query whose row does not fit its schema
 */
export const createQueryPool = async (options: QueryPoolOptions): Promise<DatabasePool> => {
  const { url, maxPoolSize = 10, keepPlans = false, statementLimitMs, log } = options;
  const pool = await createPool(keepPlans ? withKeptPlans(url) : url, {
    maxPoolSize,
    driverFactory: boundedDriver(statementLimitMs + SILENCE_MS),
    statementTimeout: statementLimitMs,
    gracefulTerminationTimeout: GRACE_MS,
    interceptors: [resultParser],
    // Slonik would send DISCARD ALL, which halves the throughput. The queries leave no state in their session.
    resetConnection: async () => {},
  });
  pool.on('error', ({ message }: Error) => {
    if (pool.state().state === 'ACTIVE') log.warn({ error: message }, 'an idle Postgres connection was lost');
  });
  return pool;
};

const withKeptPlans = (url: string): string => {
  const keptPlansUrl = new URL(url);
  keptPlansUrl.searchParams.set('options', `${keptPlansUrl.searchParams.get('options') ?? ''} ${KEEP_PLANS}`.trim());
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
