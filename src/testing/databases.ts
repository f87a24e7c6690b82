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

/** Creates a migrated, empty database on this server, or on an embedded one that ends with its last user. */
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

/** The URL of another database on the same server. */
export const inDatabase = (url: string, name: string): string => {
  const found = new URL(url);
  found.pathname = `/${name}`;
  return found.href;
};

export type ThrowAwayServer = { readonly url: string; stop(): Promise<void> };

const PREFIX = 'carillon-test-';

/**
 * Starts a server whose data is deleted at its end, even if the run is interrupted; first removes the remains of killed
 * runs.
 */
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

/** Creates a folder that every user can enter: an embedded Postgres started by root runs as another user. */
export const passableTempDir = async (prefix: string): Promise<string> => {
  const folder = await mkdtemp(path.join(tmpdir(), prefix));
  await chmod(folder, 0o755);
  return folder;
};

/** Returns whether a process of this machine exists. */
export const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};

/** Signals a process that may have ended. */
export const killQuietly = (pid: number, signal: NodeJS.Signals): void => {
  try {
    process.kill(pid, signal);
  } catch {
    // The process had ended.
  }
};
