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

let connected: Promise<{ admin: pg.Pool; url: string; template: string }> | undefined;
const kept = new Map<string, FreshDatabase>();

/** A migrated, empty database of its own, on the server that all tests share. */
export const freshDatabase = async (): Promise<FreshDatabase> => {
  connected ??= connect();
  const { admin, url, template } = await connected;
  const name = `${template}_${randomBytes(6).toString('hex')}`;
  // A third of the time that writing the copy to the log takes.
  await admin.query(`CREATE DATABASE ${name} TEMPLATE ${template} STRATEGY FILE_COPY`);
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

/** Those of this process that were not dropped. */
export const keptDatabases = (): FreshDatabase[] => [...kept.values()];

const connect = async () => {
  const { url, template } = TestPostgresAddress.parse(await sharedServer('postgres'));
  // Its connection stays to the end of the process, and the server may end before.
  const admin = new pg.Pool({ connectionString: url, max: 1, idleTimeoutMillis: 0, allowExitOnIdle: true });
  admin.on('error', () => {});
  return { admin, url, template };
};
