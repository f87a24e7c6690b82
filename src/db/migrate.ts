import path from 'node:path';
import { runner } from 'node-pg-migrate';
import pg from 'pg';
import type { Logger } from '../world.ts';
import { boundedConfig, closeConnection } from './bounds.ts';

const MIGRATIONS_DIR = path.resolve(import.meta.dirname, '../../migrations');

/** Statement timeout of a migration; it may rewrite a table as large as the event log. */
const STATEMENT_MS = 3_600_000;

/**
 * Applies all pending migrations of migrations/*.sql in one transaction. Processes that start together wait for one
 * another. Returns the names of the applied migrations.
 */
export const migrate = async (databaseUrl: string, log: Logger): Promise<string[]> => {
  const client = new pg.Client({
    connectionString: databaseUrl,
    ...boundedConfig({ name: 'carillon migrations', answerMs: STATEMENT_MS }),
  });
  // A server that stops or drops the database may report it while this connection is being closed.
  client.on('error', ({ message }) => log.debug({ error: message }, 'the connection of the migrations was lost'));
  try {
    await client.connect();
    return await applyMigrations(client, log);
  } finally {
    await closeConnection(client);
  }
};

const applyMigrations = async (dbClient: pg.Client, log: Logger): Promise<string[]> => {
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
