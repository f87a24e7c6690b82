import { parseArgs } from 'node:util';
import type { Bench, Target } from './harness.ts';
import type { Side, SideRun } from './support/side.ts';
import { startBullMqOnPostgres, startBullMqOnRedis, startCarillon, startCroner } from './support/sides.ts';
import { startBenchTarget } from './support/target.ts';

const SIDES = {
  croner: startCroner,
  bullMqOnRedis: startBullMqOnRedis,
  bullMqOnPostgres: startBullMqOnPostgres,
  carillon: startCarillon,
};
/** Executions a second of Carillon in a storm against those of a peer. */
const RATIOS: Readonly<Record<string, Target>> = {
  croner: { atLeast: 0.6 },
  bullMqOnRedis: { atLeast: 1.5 },
  bullMqOnPostgres: { atLeast: 5 },
};

/**
 * Carillon and its peers, one after the other in processes of their own, call the same target: croner with undici, which
 * keeps nothing; BullMQ with undici on a Redis that writes to disk each second, and on a Postgres with fsync on; and the
 * configuration of `npm start`. A storm of jobs that are due at one instant, after one of a tenth to warm up, and 200 jobs
 * that are due every second. `--only=storm` and `--only=steady` leave out the other.
 */
export const bench: Bench = async ({ size, say }) => {
  const { values } = parseArgs({ options: { only: { type: 'string' } }, strict: false });
  const jobs = { full: 10_000, quick: 2_000, smallest: 50 }[size];
  const load = {
    full: { eachSecond: 200, seconds: 20, warmUpSeconds: 5 },
    quick: { eachSecond: 200, seconds: 10, warmUpSeconds: 5 },
    smallest: { eachSecond: 20, seconds: 1, warmUpSeconds: 1 },
  }[size];
  const target = await startBenchTarget();
  const figures: Record<string, number> = {};
  const measure = async (name: string, { storm, steady }: Side): Promise<void> => {
    if (values.only !== 'steady') {
      await storm(jobs / 10);
      Object.assign(figures, ofStorm(name, jobs, await storm(jobs)));
    }
    if (values.only !== 'storm') {
      Object.assign(figures, ofSteady(name, load.eachSecond * load.seconds, await steady(load)));
    }
  };
  try {
    for (const [name, start] of Object.entries(SIDES)) {
      say(name);
      const side = await start({ target, say });
      await (side && measure(name, side).finally(side.stop));
    }
  } finally {
    await target.stop();
  }
  return withRatios(figures);
};

type Figures = Readonly<Record<string, number>>;

const perSecond = (name: string): string => `${name}PerSecond`;
const exactlyOnce = (name: string): string => `${name}ExactlyOnce`;

const ofStorm = (name: string, jobs: number, run: SideRun): Figures => ({
  [exactlyOnce(name)]: run.exactlyOnce,
  [perSecond(name)]: (jobs / run.tookMs) * 1_000,
  [`${name}CpuUs`]: (run.cpuMs / jobs) * 1_000,
  [`${name}ResidentMb`]: run.residentMb,
});

const ofSteady = (name: string, slots: number, run: SideRun): Figures => ({
  [exactlyOnce(`${name}Steady`)]: run.exactlyOnce,
  [`${name}SteadyCpuUs`]: (run.cpuMs / slots) * 1_000,
  [`${name}SteadyP50LatenessMs`]: run.counts.p50LatenessMs,
  [`${name}SteadyP99LatenessMs`]: run.counts.p99LatenessMs,
});

/** With the ratios to the peers that ran, and their targets. */
const withRatios = (figures: Figures) => {
  const own = figures[perSecond('carillon')];
  const found = Object.entries(RATIOS).flatMap(([peer, target]) => {
    const ofPeer = figures[perSecond(peer)];
    return own === undefined || ofPeer === undefined ? [] : [{ name: `${peer}Ratio`, ratio: own / ofPeer, target }];
  });
  const once = [exactlyOnce('carillon'), exactlyOnce('carillonSteady')].filter((name) => name in figures);
  return {
    figures: { ...figures, ...Object.fromEntries(found.map(({ name, ratio }) => [name, ratio])) },
    targets: {
      ...Object.fromEntries(once.map((name) => [name, { atLeast: 1 }])),
      ...Object.fromEntries(found.map(({ name, target }) => [name, target])),
    },
  };
};
