import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { migrate } from '../../src/db/migrate.ts';
import { startThrowAwayServer } from './throw-away-server.ts';
import { silentLog } from './world.ts';

export type FreshDatabase = {
  readonly url: string;
  /** Ends its connections and removes it. */
  drop(): Promise<void>;
};

type TestServer = { readonly admin: pg.Client; readonly template: string; stop(): Promise<void> };

let server: Promise<TestServer> | undefined;

/**
 * A migrated, empty database of its own, cloned from a template. The first call of a run starts the server and makes
 * the template; CARILLON_TEST_DATABASE_URL names a server to use instead (its user may create databases).
 */
export const freshDatabase = async (): Promise<FreshDatabase> => {
  server ??= start();
  const { admin, template } = await server;
  return createDatabase(admin, template);
};

/** Called once after the run. */
export const stopTestServer = async (): Promise<void> => {
  const started = server;
  server = undefined;
  await (await started?.catch(() => undefined))?.stop();
};

const start = async (): Promise<TestServer> => {
  const given = process.env.CARILLON_TEST_DATABASE_URL;
  const { url, stop } = given ? { url: given, stop: async () => {} } : await startThrowAwayServer();
  const admin = new pg.Client({ connectionString: url });
  await admin.connect();
  const template = await createDatabase(admin, 'template1');
  await migrate(template.url, silentLog);
  return {
    admin,
    template: nameOf(template.url),
    async stop() {
      await template.drop();
      await admin.end();
      await stop();
    },
  };
};

const createDatabase = async (admin: pg.Client, template: string): Promise<FreshDatabase> => {
  const name = `carillon_test_${randomBytes(6).toString('hex')}`;
  await admin.query(`CREATE DATABASE ${name} TEMPLATE ${template}`);
  return {
    url: urlFor(admin, name),
    async drop() {
      await admin.query(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
    },
  };
};

const urlFor = ({ user, password, host, port }: pg.Client, database: string): string =>
  `postgres://${encodeURIComponent(user ?? '')}:${encodeURIComponent(password ?? '')}@${host}:${port}/${database}`;

const nameOf = (url: string): string => new URL(url).pathname.slice(1);
