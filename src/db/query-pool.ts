import { createPool, type DatabasePool, type Interceptor, type QueryResultRow, SchemaValidationError } from 'slonik';
import type { Log } from '../world.ts';

export type QueryPoolOptions = {
  readonly url: string;
  /** Connections at the most. */
  readonly maxPoolSize?: number;
  readonly log: Log;
};

/**
 * A slonik pool whose rows are checked against the schema of their query (`sql.type(schema)`). As slonik reads them,
 * int8 and count(*) are BigInt, timestamptz is epoch milliseconds, date a string, numeric a number.
 * @throws SchemaValidationError from a query whose row does not fit its schema
 */
export const createQueryPool = async ({ url, maxPoolSize = 10, log }: QueryPoolOptions): Promise<DatabasePool> => {
  const pool = await createPool(url, {
    maxPoolSize,
    interceptors: [resultParser],
    // The usual DISCARD ALL halves the throughput; queries here leave nothing behind in their session.
    resetConnection: async () => {},
  });
  pool.on('error', (error: Error) => log.warn({ error: error.message }, 'an idle Postgres connection was lost'));
  return pool;
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
