import pg from 'pg';
import { type QueryResultRow, type QuerySqlToken, SchemaValidationError } from 'slonik';
import type { z } from 'zod';
import type { DomainErrorCode } from '../domain/codes/problem-codes.ts';
import { DomainError } from '../domain/domain-error.ts';
import { isServerError, isUnavailable } from './bounds.ts';

/**
 * Runs queries built by slonik's `sql.type(schema)` and validates each row with that schema. `maybeOne` and `one` return the
 * first row.
 */
export type RowReader = {
  any<S extends z.ZodType>(query: QuerySqlToken<S>): Promise<readonly z.output<S>[]>;
  maybeOne<S extends z.ZodType>(query: QuerySqlToken<S>): Promise<z.output<S> | null>;
  one<S extends z.ZodType>(query: QuerySqlToken<S>): Promise<z.output<S>>;
};

/**
 * Creates a reader for one caller. Its statements are cancelled when the signal aborts or when they take too long. Each
 * query throws QueryTooSlow, QueryAbandoned, PostgresUnavailable or DomainError READ_MODELS_BEHIND.
 */
export type RowReaderFor = (caller: { readonly signal?: AbortSignal }) => RowReader;

export class QueryTooSlow extends Error {
  override readonly name = 'QueryTooSlow';
  readonly code = 'QUERY_TOO_SLOW' satisfies DomainErrorCode;
}

/** The caller no longer waits for the response. */
export class QueryAbandoned extends Error {
  override readonly name = 'QueryAbandoned';
  readonly code = 'QUERY_ABANDONED';
}

export class PostgresUnavailable extends Error {
  override readonly name = 'PostgresUnavailable';
  readonly code = 'POSTGRES_UNAVAILABLE' satisfies DomainErrorCode;
}

/** How the values of rows arrive: int8 as BigInt, timestamptz as epoch ms, numeric as a number. */
export const ROW_TYPES: pg.CustomTypesConfig = {
  getTypeParser: (type: number) => {
    if (type === pg.types.builtins.INT8) return BigInt;
    if (type === pg.types.builtins.TIMESTAMPTZ) return Date.parse;
    return type === pg.types.builtins.NUMERIC ? Number : pg.types.getTypeParser(type);
  },
};

/** Uses a connection. One that broke is not used again. */
export const withConnection = async <T>(pool: pg.Pool, use: (client: pg.PoolClient) => Promise<T>): Promise<T> => {
  const client = await pool.connect();
  try {
    const used = await use(client);
    client.release();
    return used;
  } catch (error) {
    client.release(isServerError(error) || !(error instanceof Error) ? undefined : error);
    throw error;
  }
};

/** Runs a query. If it has a name, the connection keeps its plan. */
export const rowsOf = async (
  client: pg.ClientBase,
  { sql: text, values, name }: QuerySqlToken,
): Promise<QueryResultRow[]> => {
  const statement = { name, text: text.replaceAll('$slonik_', '$'), values: [...values], types: ROW_TYPES };
  return (await client.query(statement)).rows;
};

/** @param run runs a query and returns its rows as they arrive */
export const readerOver = (run: (query: QuerySqlToken) => Promise<readonly QueryResultRow[]>): RowReader => {
  const any: RowReader['any'] = async (query) => (await run(query)).map((row) => checked(query, row));
  return {
    any,
    maybeOne: async (query) => (await any(query))[0] ?? null,
    one: async (query) => {
      const [row] = await any(query);
      if (row === undefined) throw new TypeError('the query returned no row');
      return row;
    },
  };
};

/** @throws SchemaValidationError */
const checked = <S extends z.ZodType>(query: QuerySqlToken<S>, row: QueryResultRow): z.output<S> => {
  const parsed = query.parser.safeParse(row);
  if (parsed.success) return parsed.data;
  throw new SchemaValidationError(query, row, parsed.error.issues);
};

export const queryTooSlow = (limitMs: number): QueryTooSlow =>
  new QueryTooSlow(`The query took longer than ${limitMs / 1_000} s. Narrow the filters, or try again.`);

/** Error codes of a table or schema that does not exist. */
const MISSING_CODES: ReadonlySet<unknown> = new Set(['42P01', '3F000']);
const CANCELLED_CODE = '57014';

/** Translates the error of a statement into one that a caller understands; other errors are unchanged. */
export const toReadError = (error: unknown, limitMs: number): unknown => {
  if (error instanceof QueryTooSlow || error instanceof QueryAbandoned) return error;
  const code = error instanceof pg.DatabaseError ? error.code : undefined;
  if (code === CANCELLED_CODE) return queryTooSlow(limitMs);
  if (MISSING_CODES.has(code)) {
    // No process of this version with the role projections has run yet: existing read models may have another shape.
    return new DomainError('READ_MODELS_BEHIND', 'The read models of this version do not exist yet. Try again soon.');
  }
  return isUnavailable(error)
    ? new PostgresUnavailable('Postgres is unavailable. Try again soon.', { cause: error })
    : error;
};
