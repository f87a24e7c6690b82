import pg from 'pg';
import { breakConnection, isServerError } from './bounds.ts';

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
      // On success the error is null or undefined, although its type does not say so.
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
