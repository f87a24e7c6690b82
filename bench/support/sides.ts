import { rm } from 'node:fs/promises';
import { startEmbeddedPostgres } from '../../src/db/embedded-postgres.ts';
import type { Logger } from '../../src/runtime/runtime.ts';
import { passableTempDir } from '../../src/testing/databases.ts';
import { type CpuUse, childrenOf, postmasterOf } from './cpu.ts';
import { exactness } from './exactness.ts';
import type { Fired } from './ledger.ts';
import { residentMb } from './memory.ts';
import { startPeer } from './peer.ts';
import { startRedis } from './redis.ts';
import { runSteady } from './run-steady.ts';
import { runStorm } from './run-storm.ts';
import { startBenchServer } from './server.ts';
import type { Side, SideRun, Surroundings } from './side.ts';
import type { Counts } from './target.ts';

/** Timers in memory. */
export const startCroner = async (around: Surroundings): Promise<Side> => startPeer(around, 'croner-process.ts');

/** `undefined` without a Redis. */
export const startBullMqOnRedis = async (around: Surroundings): Promise<Side | undefined> => {
  const redis = await startRedis();
  if (redis !== undefined) return startPeer(around, 'bullmq-process.ts', redis);
  around.say('no redis-server is on the PATH: BullMQ on Redis is left out');
  return undefined;
};

/** On a Postgres with the settings that Carillon's has. */
export const startBullMqOnPostgres = async (around: Surroundings): Promise<Side> => {
  const dataDir = await passableTempDir('carillon-bench-peer-');
  const { url, pid, stop } = await startEmbeddedPostgres({ dataDir, port: 0, log: silent });
  return startPeer(around, 'bullmq-process.ts', {
    ...{ url, pid },
    stop: async () => {
      await stop();
      await rm(dataDir, { recursive: true, force: true });
    },
  });
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
