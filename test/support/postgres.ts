import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { inDatabase } from '../../src/testing/databases.ts';
import { sharedServer } from './shared-servers.ts';
import { TestPostgresAddress } from './test-postgres.ts';

export type FreshDatabase = {
  readonly url: string;
  /** Ends its connections and removes it. */
  drop(): Promise<void>;
};

let connected: ReturnType<typeof connect> | undefined;
const kept = new Map<string, FreshDatabase>();

/** A migrated, empty database of its own, on the server that all tests share. */
export const freshDatabase = (): Promise<FreshDatabase> => copyOf('template');

/** The same with empty read models, like after a service's first start, which saves a third of that start. */
export const databaseOfService = (): Promise<FreshDatabase> => copyOf('withReadModels');

const copyOf = async (of: 'template' | 'withReadModels'): Promise<FreshDatabase> => {
  connected ??= connect();
  const { admin, url, strategy, ...templates } = await connected;
  const name = `${templates.template}_${randomBytes(6).toString('hex')}`;
  await admin.query(`CREATE DATABASE ${name} TEMPLATE ${templates[of]} ${strategy}`);
  const database = {
    url: inDatabase(url, name),
    drop: async () => {
      kept.delete(name);
      await admin.query(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
    },
  };
  kept.set(name, database);
  return database;
};

/** Databases of this process that were not dropped. */
export const keptDatabases = (): FreshDatabase[] => [...kept.values()];

const connect = async () => {
  const { url, ...templates } = TestPostgresAddress.parse(await sharedServer('postgres'));
  // Its connection stays open until the process ends, and the server may end earlier.
  const admin = new pg.Pool({ connectionString: url, max: 1, idleTimeoutMillis: 0, allowExitOnIdle: true });
  admin.on('error', () => {});
  const { rows } = await admin.query("SELECT current_setting('server_version_num')::integer >= 150000 AS has_strategy");
  // Faster than writing the copy to the WAL. Postgres 14 always copies files.
  return { admin, url, strategy: rows[0].has_strategy ? 'STRATEGY FILE_COPY' : '', ...templates };
};
