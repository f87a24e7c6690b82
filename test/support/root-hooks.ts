import { mkdirSync, readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { endAll } from './at-end.ts';
import { keptDatabases } from './postgres.ts';
import { shareServers } from './shared-servers.ts';

let servers: Awaited<ReturnType<typeof shareServers>>;

/** Runs once, in the process that runs the files or has workers run them. */
export const mochaGlobalSetup = async (): Promise<void> => {
  servers = await shareServers();
  const end = () => void servers.stop().finally(() => process.exit(1));
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, end);
};

export const mochaGlobalTeardown = (): Promise<void> => servers.stop();

const isWorker = process.env.MOCHA_WORKER_ID !== undefined;
if (isWorker) {
  process.env.TMPDIR = path.join(tmpdir(), `worker-${process.env.MOCHA_WORKER_ID}`);
  mkdirSync(process.env.TMPDIR, { recursive: true });
}

export const mochaHooks = {
  /** A worker goes on to its next file, so what a file started has to end with it. */
  async afterAll(this: Mocha.Context) {
    await endAll();
    if (!isWorker) return;
    const databases = keptDatabases();
    await Promise.all(databases.map(({ drop }) => drop()));
    const left = [
      ...databases.map(() => 'a database'),
      ...readdirSync(tmpdir()).filter((name) => name.startsWith('carillon-')),
      ...process.getActiveResourcesInfo().filter((resource) => ['ProcessWrap', 'TCPServerWrap'].includes(resource)),
    ];
    if (left.length > 0) throw new Error(`the tests of this file left behind: ${left.join(', ')}`);
  },
};
