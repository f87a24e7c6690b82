import pg from 'pg';
import { cut, isAnswered } from './bounds.ts';

const GRACE_MS = 2_000;

/**
 * A pool that a silent server can't hold. Where one connection fell silent or broke, those that are idle are given up
 * too: most likely they are no better, and each would cost a statement its whole patience.
 */
export class BoundedPool extends pg.Pool {
  readonly #open = new Set<pg.PoolClient>();
  readonly #idle = new Set<pg.PoolClient>();

  constructor(config: pg.PoolConfig) {
    super(config);
    this.on('connect', (client) => {
      this.#open.add(client);
      // One that is in use has no other listener: its loss would end the process.
      client.on('error', () => {});
    });
    this.on('acquire', (client) => this.#idle.delete(client));
    this.on('release', (error, client) => {
      // Null or undefined where all went well, whatever its type says.
      if (!error) this.#idle.add(client);
      else if (!isAnswered(error)) this.#giveUpIdle();
    });
    this.on('remove', (client) => {
      this.#open.delete(client);
      this.#idle.delete(client);
    });
  }

  /** Lets statements under way end within two seconds, and cuts them then. */
  async close(): Promise<void> {
    const late = setTimeout(() => {
      for (const client of this.#open) cut(client, 'the pool is closed');
    }, GRACE_MS);
    await this.end();
    clearTimeout(late);
  }

  #giveUpIdle(): void {
    for (const client of this.#idle) cut(client, 'another connection to the same server was lost');
    this.#idle.clear();
  }
}
