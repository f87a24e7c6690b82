import { randomBytes } from 'node:crypto';
import { rmSync } from 'node:fs';
import { chmod, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import pg from 'pg';
import type { Binaries } from '../db/embedded/binaries.ts';
import { takeOver } from '../db/embedded/take-over.ts';
import { startEmbeddedPostgres } from '../db/embedded-postgres.ts';
import { migrate } from '../db/migrate.ts';
import type { Logger } from '../runtime/runtime.ts';

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

export type ThrowAwayServer = { readonly url: string; stop(): Promise<void> };

const PREFIX = 'carillon-test-';

/** A server whose data goes with it, also when the run is cut short; what a killed run left behind is cleared first. */
export const startThrowAwayServer = async (log: Logger, binaries?: Binaries): Promise<ThrowAwayServer> => {
  await clearLeftovers();
  const dataDir = await passableTempDir(`${PREFIX}${process.pid}-`);
  const server = await startEmbeddedPostgres({
    dataDir,
    port: 0,
    log,
    durability: 'none',
    binaries,
    settings: { max_connections: '200', shared_buffers: '128MB', max_wal_size: '4GB', autovacuum: 'off' },
  });
  const atExit = () => {
    killQuietly(server.pid, 'SIGQUIT');
    rmSync(dataDir, { recursive: true, force: true, maxRetries: 5 });
  };
  process.once('exit', atExit);
  return {
    url: server.url,
    async stop() {
      await server.stop();
      process.removeListener('exit', atExit);
      await rm(dataDir, { recursive: true, force: true });
    },
  };
};

const clearLeftovers = async (): Promise<void> => {
  const names = (await readdir(tmpdir())).filter((name) => name.startsWith(PREFIX));
  for (const name of names) {
    const owner = Number.parseInt(name.slice(PREFIX.length), 10);
    if (isAlive(owner)) continue;
    const folder = path.join(tmpdir(), name);
    await takeOver(path.join(folder, 'postgres', 'data'));
    await rm(folder, { recursive: true, force: true });
  }
};

/** A new folder that every user may pass through: an embedded Postgres started by root runs as another user. */
export const passableTempDir = async (prefix: string): Promise<string> => {
  const folder = await mkdtemp(path.join(tmpdir(), prefix));
  await chmod(folder, 0o755);
  return folder;
};

/** Whether a process of this machine is there. */
export const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};

/** Sends a signal to a process, which may have ended by itself. */
export const killQuietly = (pid: number, signal: NodeJS.Signals): void => {
  try {
    process.kill(pid, signal);
  } catch {
    // It ended by itself.
  }
};
