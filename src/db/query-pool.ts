import { createPool, type DatabasePool, type Interceptor, type QueryResultRow, SchemaValidationError } from 'slonik';
import type { Logger } from '../world.ts';
import { boundedDriver } from './bounded-driver.ts';
import { KEEP_PLANS } from './keep-plans.ts';

export type QueryPoolOptions = {
  readonly url: string;
  /** Connections at the most. */
  readonly maxPoolSize?: number;
  /** For named statements (`sql.prepared`) that find a few rows by their keys: planned once, always by indexes. */
  readonly keepPlans?: true;
  /** Then Postgres ends a statement by itself; where it is not even heard, the connection is ended a second later. */
  readonly statementLimitMs: number;
  readonly log: Logger;
};

const SILENCE_MS = 1_000;
/** What a client that is destroyed still waits for. */
const GRACE_MS = 500;

/**
 * A slonik pool whose rows are checked against the schema of their query (`sql.type(schema)`). As slonik reads them,
 * int8 and count(*) are BigInt, timestamptz is epoch milliseconds, date a string, numeric a number.
 * @throws SchemaValidationError from a query whose row does not fit its schema
 */
export const createQueryPool = async (options: QueryPoolOptions): Promise<DatabasePool> => {
  const { url, maxPoolSize = 10, keepPlans = false, statementLimitMs, log } = options;
  const pool = await createPool(keepPlans ? keepingPlans(url) : url, {
    maxPoolSize,
    driverFactory: boundedDriver(statementLimitMs + SILENCE_MS),
    statementTimeout: statementLimitMs,
    gracefulTerminationTimeout: GRACE_MS,
    interceptors: [resultParser],
    // The usual DISCARD ALL halves the throughput; queries here leave nothing behind in their session.
    resetConnection: async () => {},
  });
  pool.on('error', ({ message }: Error) => {
    if (pool.state().state === 'ACTIVE') log.warn({ error: message }, 'an idle Postgres connection was lost');
  });
  return pool;
};

const keepingPlans = (url: string): string => {
  const keeping = new URL(url);
  keeping.searchParams.set('options', `${keeping.searchParams.get('options') ?? ''} ${KEEP_PLANS}`.trim());
  return keeping.href;
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
