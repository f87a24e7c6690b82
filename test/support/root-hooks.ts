import { mkdirSync } from 'node:fs';
import { readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { GRACE_MS } from '../../scripts/check/run-folder.ts';
import { endAll } from './at-end.ts';
import { keptDatabases } from './postgres.ts';
import { sharedServer, shareServers } from './shared-servers.ts';

let servers: Awaited<ReturnType<typeof shareServers>>;

/** Runs once, in the process that runs the files or starts workers. */
export const mochaGlobalSetup = async (): Promise<void> => {
  servers = await shareServers();
  if (process.env.CARILLON_TEST_DATABASE_URL) await sharedServer('postgres').catch(giveUp);
  const end = () => void servers.stop().finally(() => process.exit(1));
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, end);
};

const giveUp = ({ message }: Error): never => {
  console.error(message);
  process.exit(1);
};

export const mochaGlobalTeardown = (): Promise<void> => servers.stop();

const isWorker = process.env.MOCHA_WORKER_ID !== undefined;
if (isWorker) {
  process.env.TMPDIR = path.join(tmpdir(), `worker-${process.env.MOCHA_WORKER_ID}`);
  mkdirSync(process.env.TMPDIR, { recursive: true });
}

/** Unhandled errors. */
const lost = new Set<unknown>();
const keep = (error: unknown): void => {
  lost.add(error);
};

/** Mocha ignores rejections while a worker has tests, and waits forever for a worker that dies of one between two files. */
const keepErrors = {
  duringTests: () => {
    process.setUncaughtExceptionCaptureCallback(null);
    // Mocha removes it after each file.
    process.on('unhandledRejection', keep);
  },
  betweenFiles: () => process.setUncaughtExceptionCaptureCallback(keep),
};
if (isWorker) keepErrors.betweenFiles();

export const mochaHooks = {
  beforeAll() {
    if (isWorker) keepErrors.duringTests();
  },
  /** A worker continues with its next file, so whatever a file started must end with it. */
  async afterAll(this: Mocha.Context) {
    await endAll();
    if (!isWorker) return;
    const left = [...(await takeDatabases()), ...(await takeFolders()), ...(await takeHandles())];
    keepErrors.betweenFiles();
    if (left.length > 0) throw new Error(`the tests of this file left behind: ${left.join(', ')}`);
    const errors = [...lost];
    lost.clear();
    if (errors.length > 0)
      throw new Error(`nothing waited for: ${errors.map(String).join('; ')}`, { cause: errors[0] });
  },
};

const takeDatabases = async (): Promise<string[]> => {
  const databases = keptDatabases();
  await Promise.all(databases.map(({ drop }) => drop()));
  return databases.map(() => 'a database');
};

const takeFolders = async (): Promise<string[]> => {
  const names = (await readdir(tmpdir())).filter((name) => name.startsWith('carillon-'));
  await Promise.all(names.map((name) => rm(path.join(tmpdir(), name), { recursive: true, force: true })));
  return names;
};

const POLL_INTERVAL_MS = 20;
/** Handles reported for earlier files. */
let knownHandles = 0;

/** Child processes and servers that still exist after closing ones had time to end. */
const takeHandles = async (): Promise<string[]> => {
  const open = () =>
    process
      .getActiveResourcesInfo()
      .filter((kind) => kind === 'ProcessWrap' || kind === 'TCPServerWrap')
      .slice(knownHandles);
  for (let waitedMs = 0; waitedMs < GRACE_MS && open().length > 0; waitedMs += POLL_INTERVAL_MS)
    await delay(POLL_INTERVAL_MS);
  const left = open();
  knownHandles += left.length;
  return left;
};
