import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { runner } from 'node-pg-migrate';
import pg from 'pg';
import { z } from 'zod';
import { PACKAGE_ROOT } from '../runtime/package-root.ts';
import type { Logger } from '../runtime/runtime.ts';
import { boundedConfig, closeConnection } from './bounds.ts';
import { explainingRejections } from './rejection.ts';

const MIGRATIONS_DIR = path.join(PACKAGE_ROOT, 'migrations');
const SUFFIX = '.sql';
/** The table that names the applied migrations. */
const TABLE = 'migrations';
const Version = z.tuple([z.object({ server_version: z.string() })]);
const Applied = z.array(z.object({ name: z.string() }));

/** Statement timeout of a migration; it may rewrite a table as large as the event log. */
const STATEMENT_MS = 3_600_000;

/** The database has migrations that this version does not know, so its tables may differ from what it reads and writes. */
export class NewerDatabase extends Error {
  override readonly name = 'NewerDatabase';
  readonly code = 'NEWER_DATABASE';

  constructor(unknown: readonly string[], newest: string) {
    super(
      `A newer version has used this database (it has ${unknown.join(', ')}; this version knows up to ${newest}). Start that version or a later one. To go back to this version, restore a backup from before the upgrade.`,
    );
  }
}

const OLDEST_MAJOR = 14;

/** The Postgres server is older than the oldest version that the read models and the log work on. */
export class PostgresTooOld extends Error {
  override readonly name = 'PostgresTooOld';
  readonly code = 'POSTGRES_TOO_OLD';

  constructor(version: string) {
    super(
      `Postgres ${version} is too old: Carillon needs Postgres ${OLDEST_MAJOR} or later. Upgrade the server, or set DATABASE_URL to another one.`,
    );
  }
}

/**
 * Applies all pending migrations of migrations/*.sql in one transaction. Processes that start together wait for one another.
 * Returns the names of the applied migrations.
 * @throws PostgresTooOld; NewerDatabase if a newer version has migrated the database; PostgresRejected
 */
export const migrate = (databaseUrl: string, log: Logger): Promise<string[]> =>
  explainingRejections(databaseUrl, () => migrateDatabase(databaseUrl, log));

const migrateDatabase = async (databaseUrl: string, log: Logger): Promise<string[]> => {
  const client = new pg.Client({
    connectionString: databaseUrl,
    ...boundedConfig({ name: 'carillon migrations', timeoutMs: STATEMENT_MS }),
  });
  // A server that stops or drops the database may report it while this connection is being closed.
  client.on('error', ({ message }) => log.debug({ error: message }, 'lost the Postgres connection of the migrations'));
  try {
    await client.connect();
    const { rows } = await client.query('SHOW server_version');
    checkServerVersion(Version.parse(rows)[0].server_version);
    await rejectNewer(client);
    return await applyMigrations(client, log);
  } finally {
    await closeConnection(client);
  }
};

/** @throws PostgresTooOld */
export const checkServerVersion = (version: string): void => {
  if (Number.parseInt(version, 10) < OLDEST_MAJOR) throw new PostgresTooOld(version);
};

const rejectNewer = async (client: pg.Client): Promise<void> => {
  const files = await readdir(MIGRATIONS_DIR);
  const known = files.flatMap((file) => (file.endsWith(SUFFIX) ? [file.slice(0, -SUFFIX.length)] : [])).sort();
  const { rows: tables } = await client.query(`SELECT to_regclass('${TABLE}') IS NOT NULL AS there`);
  if (!tables[0]?.there) return;
  const { rows } = await client.query(`SELECT name FROM ${TABLE} ORDER BY name`);
  const unknown = Applied.parse(rows).flatMap(({ name }) => (known.includes(name) ? [] : [name]));
  if (unknown.length > 0) throw new NewerDatabase(unknown, known.at(-1) ?? 'none');
};

const applyMigrations = async (dbClient: pg.Client, log: Logger): Promise<string[]> => {
  const applied = await runner({
    dbClient,
    dir: MIGRATIONS_DIR,
    direction: 'up',
    migrationsTable: TABLE,
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
