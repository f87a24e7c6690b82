import type { Logger } from '../runtime/world.ts';
import { BoundedPool } from './bounded-pool.ts';
import { boundedConfig } from './bounds.ts';

export type PostgresPoolOptions = {
  readonly url: string;
  /** Shown in pg_stat_activity. */
  readonly name: string;
  /** The maximum number of connections. */
  readonly max?: number;
  /** Statement timeout; default 10 s. */
  readonly answerMs?: number;
  readonly log: Logger;
};

const ANSWER_MS = 10_000;

/**
 * Creates a pool for statements that need a plain client: LISTEN, COPY, session locks. A connection lost while idle is
 * logged and replaced.
 */
export const createPool = ({ url, name, max = 10, answerMs = ANSWER_MS, log }: PostgresPoolOptions): BoundedPool => {
  const pool = new BoundedPool({ connectionString: url, ...boundedConfig({ name, answerMs }), max });
  pool.on('error', ({ message }) => {
    if (!pool.ending) log.warn({ error: message, pool: name }, 'an idle Postgres connection was lost');
  });
  return pool;
};
