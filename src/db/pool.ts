import pg from 'pg';
import type { Log } from '../world.ts';

export type PoolOptions = {
  readonly url: string;
  /** Shown in pg_stat_activity. */
  readonly name: string;
  /** Connections at the most. */
  readonly max?: number;
  readonly log: Log;
};

const CONNECT_TIMEOUT_MS = 5_000;

/** A pool for statements that need a plain client (LISTEN, COPY, session locks). A connection lost while idle is logged and replaced. */
export const createPool = ({ url, name, max = 10, log }: PoolOptions): pg.Pool => {
  const pool = new pg.Pool({
    connectionString: url,
    application_name: name,
    max,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    keepAlive: true,
  });
  pool.on('error', ({ message }) => {
    if (!pool.ending) log.warn({ error: message, pool: name }, 'an idle Postgres connection was lost');
  });
  return pool;
};
