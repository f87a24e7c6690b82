import path from 'node:path';
import { runner } from 'node-pg-migrate';
import type { Log } from '../world.ts';

const MIGRATIONS_DIR = path.resolve(import.meta.dirname, '../../migrations');

/**
 * Brings the database up to the newest of migrations/*.sql, all that are due in one transaction; processes that start
 * together wait for one another. Returns the names applied, none where nothing was due.
 */
export const migrate = async (databaseUrl: string, log: Log): Promise<string[]> => {
  const applied = await runner({
    databaseUrl,
    dir: MIGRATIONS_DIR,
    direction: 'up',
    migrationsTable: 'migrations',
    advisoryLockMode: 'wait',
    singleTransaction: true,
    logger: {
      debug: (message) => log.debug({}, message),
      info: (message) => log.debug({}, message),
      warn: (message) => log.warn({}, message),
      error: (message) => log.error({}, message),
    },
  });
  return applied.map(({ name }) => name);
};
