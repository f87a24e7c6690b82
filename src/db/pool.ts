import pg from 'pg';
import type { Logger } from '../runtime/runtime.ts';
import { boundedConfig, breakConnection, closeConnection, isServerError } from './bounds.ts';
import { explainingRejections } from './rejection.ts';

export type PostgresPoolOptions = {
  readonly url: string;
  /** Shown in pg_stat_activity. */
  readonly name: string;
  /** The maximum number of connections. */
  readonly max?: number;
  /** Statement timeout; default 10 s. */
  readonly timeoutMs?: number;
  readonly log: Logger;
  /** Further settings of the pool. */
  readonly config?: pg.PoolConfig;
};

const TIMEOUT_MS = 10_000;

/**
 * Creates a pool for statements that need a plain client: LISTEN, COPY, session locks. A connection lost while idle is
 * logged and replaced.
 */
export const createPool = (options: PostgresPoolOptions): BoundedPool => {
  const { url, name, max = 10, timeoutMs = TIMEOUT_MS, log, config } = options;
  const pool = new BoundedPool({
    connectionString: url,
    ...boundedConfig({ name, timeoutMs }),
    max,
    ...config,
  });
  pool.on('error', ({ message }) => {
    if (!pool.ending) log.warn({ error: message, pool: name }, 'lost an idle Postgres connection');
  });
  return pool;
};

const GRACE_MS = 2_000;

/**
 * A connection pool that a silent server can't block. When one connection falls silent or breaks, the idle ones are
 * closed too: they are most likely broken as well, and each would cost one statement its whole timeout.
 */
export class BoundedPool extends pg.Pool {
  readonly #open = new Set<pg.PoolClient>();
  readonly #idle = new Set<pg.PoolClient>();

  constructor(config: pg.PoolConfig) {
    super(config);
    this.on('connect', (client) => {
      this.#open.add(client);
      // A connection in use has no other listener, and an unhandled error event would end the process.
      client.on('error', () => {});
    });
    this.on('acquire', (client) => this.#idle.delete(client));
    this.on('release', (error, client) => {
      // On success the error is null or undefined, which its type does not show.
      if (!error) this.#idle.add(client);
      else if (!isServerError(error)) this.#closeIdle();
    });
    this.on('remove', (client) => {
      this.#open.delete(client);
      this.#idle.delete(client);
    });
  }

  /** Closes the pool. Running statements get two seconds; then their connections are broken. */
  async close(): Promise<void> {
    const late = setTimeout(() => {
      for (const client of this.#open) breakConnection(client, 'the pool is closed');
    }, GRACE_MS);
    await this.end();
    clearTimeout(late);
  }

  #closeIdle(): void {
    for (const client of this.#idle) breakConnection(client, 'another connection to the same server was lost');
    this.#idle.clear();
  }
}

const PING_MS = 4_000;

/**
 * Checks within seconds that Postgres responds.
 * @throws PostgresRejected if waiting does not help, and every other error that prevented it
 */
export const pingPostgres = (databaseUrl: string): Promise<void> =>
  explainingRejections(databaseUrl, () => ping(databaseUrl));

const ping = async (databaseUrl: string): Promise<void> => {
  const client = new pg.Client({
    connectionString: databaseUrl,
    ...boundedConfig({ name: 'carillon start', timeoutMs: PING_MS }),
  });
  client.on('error', () => {});
  try {
    await client.connect();
    await client.query('SELECT 1');
  } finally {
    await closeConnection(client);
  }
};
