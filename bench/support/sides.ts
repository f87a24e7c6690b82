import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { startEmbeddedPostgres } from '../../src/db/embedded-postgres.ts';
import type { Logger } from '../../src/runtime/runtime.ts';
import { passableTempDir } from '../../src/testing/databases.ts';
import { type CpuUse, childrenOf, postmasterOf } from './cpu.ts';
import { exactness } from './exactness.ts';
import type { Fired } from './ledger.ts';
import { residentMb } from './memory.ts';
import { startPeer } from './peer.ts';
import { type RedisFsync, startRedis } from './redis.ts';
import { runSteady } from './run-steady.ts';
import { runStorm } from './run-storm.ts';
import { startBenchServer } from './server.ts';
import type { Side, SideRun, Surroundings } from './side.ts';
import type { Counts } from './target.ts';

/** Timers in memory. */
export const startCroner = async (around: Surroundings): Promise<Side> => startPeer(around, 'croner-process.ts');

/** `undefined` without a Redis. */
export const startBullMqOnRedis = async (around: Surroundings, appendfsync?: RedisFsync): Promise<Side | undefined> => {
  const redis = await startRedis(appendfsync);
  if (redis !== undefined) return startPeer(around, 'bullmq-process.ts', redis);
  around.say('no redis-server is on the PATH: BullMQ on Redis is left out');
  return undefined;
};

export const startBullMqOnPostgres = (around: Surroundings): Promise<Side> =>
  startOnPostgres(around, 'bullmq-process.ts');

export const startFloor = (around: Surroundings): Promise<Side> => startOnPostgres(around, 'floor-process.ts');

/** Peers that no test needs are installed for the bench alone. */
export const startPgBoss = (around: Surroundings): Promise<Side> =>
  startOnPostgres(around, 'pg-boss-process.ts', 'pg-boss@10');

export const startGraphileWorker = (around: Surroundings): Promise<Side> =>
  startOnPostgres(around, 'graphile-worker-process.ts', 'graphile-worker@0.17');

/** On a Postgres with the settings that Carillon's has. */
const startOnPostgres = async (around: Surroundings, program: string, npmPackage?: string): Promise<Side> => {
  const dataDir = await passableTempDir('carillon-bench-peer-');
  if (npmPackage !== undefined) await install(dataDir, npmPackage);
  const { url, pid, stop } = await startEmbeddedPostgres({ dataDir, port: 0, log: silent });
  return startPeer(around, program, {
    ...{ url, pid, folder: dataDir },
    stop: async () => {
      await stop();
      await rm(dataDir, { recursive: true, force: true });
    },
  });
};

const install = async (folder: string, npmPackage: string): Promise<void> => {
  await writeFile(path.join(folder, 'package.json'), '{}');
  const given = ['install', '--no-audit', '--no-fund', '--silent', npmPackage];
  const child = spawn('npm', given, { cwd: folder, stdio: ['ignore', 'ignore', 'inherit'] });
  const [code] = await once(child, 'exit');
  if (code !== 0) throw new Error(`npm install ${npmPackage} has ended with ${code}`);
};

/** The configuration of `npm start`. */
export const startCarillon = async ({ target, say }: Surroundings): Promise<Side> => {
  const server = await startBenchServer({ ALLOWED_TARGETS: '127.0.0.0/8' });
  const postmaster = postmasterOf(server);
  const sideRun = (slots: number, { fromMs, log, counts, cpu }: Made): SideRun => ({
    exactlyOnce: exactness({ slots, target: counts, log, say }),
    tookMs: log.lastOutcomeMs - fromMs,
    cpuMs: cpu.serverMs + cpu.postgresMs,
    residentMb: residentMb([server.pid, postmaster, ...childrenOf(postmaster)]),
    counts,
  });
  return {
    storm: async (jobs) => {
      const { dueMs, ...run } = await runStorm({ server, target, say }, jobs);
      return sideRun(jobs, { ...run, fromMs: dueMs });
    },
    steady: async (load) => sideRun(load.eachSecond * load.seconds, await runSteady({ server, target, say }, load)),
    stop: server.stop,
  };
};

type Made = { readonly fromMs: number; readonly log: Fired; readonly counts: Counts; readonly cpu: CpuUse };

const silent: Logger = { debug() {}, info() {}, warn() {}, error() {} };
