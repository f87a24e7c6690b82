import { type Bench, quantile } from './harness.ts';
import {
  startBullMqOnRedis,
  startCarillon,
  startCroner,
  startFloor,
  startGraphileWorker,
  startPgBoss,
} from './support/sides.ts';
import { startBenchTarget } from './support/target.ts';

const SIDES = {
  floor: startFloor,
  carillon: startCarillon,
  croner: startCroner,
  bullMqEverySecond: startBullMqOnRedis,
  bullMqAlways: (around: Parameters<typeof startBullMqOnRedis>[0]) => startBullMqOnRedis(around, 'always'),
  graphileWorker: startGraphileWorker,
  pgBoss: startPgBoss,
} satisfies Record<string, typeof startBullMqOnRedis>;

/**
 * Carillon beside the floor, the least that the same two events, row and indexes cost with Node and Postgres
 * (support/floor-process.ts), and beside peers: croner, which keeps nothing; BullMQ on a Redis that writes to disk each
 * second, and before each answer; Graphile Worker and pg-boss on Postgres. Each runs storms of jobs that are due at one
 * instant, after one of a tenth to warm up. The figures are ratios of Carillon to each side in the same run: its rate, and
 * the CPU time of an execution.
 */
export const bench: Bench = async ({ size, say }) => {
  const { rounds, jobs } = {
    full: { rounds: 3, jobs: 10_000 },
    quick: { rounds: 1, jobs: 2_000 },
    smallest: { rounds: 1, jobs: 50 },
  }[size];
  const target = await startBenchTarget();
  const found = new Map<string, Storm[]>();
  try {
    for (let round = 0; round < rounds; round++) {
      for (const [name, start] of Object.entries(SIDES)) {
        const side = await start({ target, say });
        if (side === undefined) continue;
        try {
          await side.storm(jobs / 10);
          const { exactlyOnce, tookMs, cpuMs } = await side.storm(jobs);
          const storm = { perSecond: (1_000 * jobs) / tookMs, cpuUs: (1_000 * cpuMs) / jobs, exactlyOnce };
          say(`${name}\t${JSON.stringify(storm)}`);
          found.set(name, [...(found.get(name) ?? []), storm]);
        } finally {
          await side.stop();
        }
      }
    }
  } finally {
    await target.stop();
  }
  const median = (name: string, figure: keyof Storm): number =>
    quantile(
      (found.get(name) ?? []).map((storm) => storm[figure]),
      0.5,
    );
  const ratios = [...found.keys()]
    .filter((name) => name !== 'carillon')
    .flatMap((name) => [
      [`rateOf${capital(name)}`, median('carillon', 'perSecond') / median(name, 'perSecond')] as const,
      [`cpuOf${capital(name)}`, median('carillon', 'cpuUs') / median(name, 'cpuUs')] as const,
    ]);
  const own = [...found.keys()].flatMap((name) => [
    [`${name}PerSecond`, median(name, 'perSecond')] as const,
    [`${name}CpuUs`, median(name, 'cpuUs')] as const,
  ]);
  return {
    figures: { exactlyOnce: median('carillon', 'exactlyOnce'), ...Object.fromEntries([...ratios, ...own]) },
    targets: { exactlyOnce: { atLeast: 1 } },
  };
};

type Storm = { readonly perSecond: number; readonly cpuUs: number; readonly exactlyOnce: number };

const capital = (name: string): string => `${name.slice(0, 1).toUpperCase()}${name.slice(1)}`;
