import { rmSync } from 'node:fs';
import { readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Binaries } from '../db/embedded/binaries.ts';
import { takeOver } from '../db/embedded/take-over.ts';
import { startEmbeddedPostgres } from '../db/embedded-postgres.ts';
import type { Logger } from '../runtime/runtime.ts';
import { isAlive, killQuietly } from './other-processes.ts';
import { passableTempDir } from './temp-dir.ts';

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
