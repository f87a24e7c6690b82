import path from 'node:path';
import { runner } from 'node-pg-migrate';
import pg from 'pg';
import type { Logger } from '../world.ts';
import { bounded, hangUp } from './bounds.ts';

const MIGRATIONS_DIR = path.resolve(import.meta.dirname, '../../migrations');

/** Of a table as long as a log. */
const STATEMENT_MS = 3_600_000;

/**
 * Brings the database up to the newest of migrations/*.sql, all that are due in one transaction; processes that start
 * together wait for one another. Returns the names applied, none where nothing was due.
 */
export const migrate = async (databaseUrl: string, log: Logger): Promise<string[]> => {
  const client = new pg.Client({
    connectionString: databaseUrl,
    ...bounded({ name: 'carillon migrations', answerMs: STATEMENT_MS }),
  });
  // A server that stops, or drops the database, may say so to a connection that is just being closed.
  client.on('error', ({ message }) => log.debug({ error: message }, 'the connection of the migrations was lost'));
  try {
    await client.connect();
    return await migrateOver(client, log);
  } finally {
    await hangUp(client);
  }
};

const migrateOver = async (dbClient: pg.Client, log: Logger): Promise<string[]> => {
  const applied = await runner({
    dbClient,
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
