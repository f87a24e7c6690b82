import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { migrate } from '../db/migrate.ts';
import type { Logger } from '../runtime/runtime.ts';
import { startThrowAwayServer, type ThrowAwayServer } from './throw-away-server.ts';

type TestDatabase = { readonly url: string; drop(): Promise<void> };

let embedded: Promise<ThrowAwayServer> | undefined;
let users = 0;

/** A migrated, empty database: on this server, or on an embedded one, which ends when nobody needs it any more. */
export const createDatabase = async (postgresUrl: string | undefined, log: Logger): Promise<TestDatabase> => {
  if (postgresUrl === undefined) {
    users += 1;
    embedded ??= startThrowAwayServer(log);
  }
  const leave = async (): Promise<void> => {
    if (postgresUrl !== undefined) return;
    users -= 1;
    if (users > 0) return;
    const server = await embedded;
    embedded = undefined;
    await server?.stop();
  };
  try {
    const serverUrl = postgresUrl ?? (await embedded)?.url ?? '';
    const name = `carillon_${randomBytes(6).toString('hex')}`;
    const admin = new pg.Client({ connectionString: serverUrl });
    await admin.connect();
    await admin.query(`CREATE DATABASE ${name}`);
    const url = inDatabase(serverUrl, name);
    await migrate(url, log);
    return {
      url,
      drop: async () => {
        await admin.query(`DROP DATABASE ${name} WITH (FORCE)`);
        await admin.end();
        await leave();
      },
    };
  } catch (error) {
    await leave();
    throw error;
  }
};

/** The same server's database of this name. */
export const inDatabase = (url: string, name: string): string => {
  const found = new URL(url);
  found.pathname = `/${name}`;
  return found.href;
};
