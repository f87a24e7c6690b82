import { type Bench, type BenchOptions, quantile, type Target } from './harness.ts';
import { exactness } from './support/exactness.ts';
import { runStorm, type Storm, type Stormed } from './support/run-storm.ts';
import { startBenchEngine, startBenchServer } from './support/server.ts';
import { type BenchTarget, startBenchTarget } from './support/target.ts';

const COUNTS = [1, 2, 3] as const;
const STORMS = 3;
const MAX_RATIO: Target = { atMost: 1.1 };
const SETTINGS = { ALLOWED_TARGETS: '127.0.0.0/8' };

/**
 * Storms of jobs that 1, 2 and 3 engine processes share, beside one process that does everything else and its Postgres:
 * executions a second, and the CPU of all of these processes an execution, in microseconds. More engines should use no
 * more CPU, so the ratios to one engine are what counts; the machine's cores bound the speed.
 */
export const bench: Bench = async ({ size, say }) => {
  const { rounds, jobsEach } = {
    full: { rounds: 2, jobsEach: 5_000 },
    quick: { rounds: 1, jobsEach: 2_000 },
    smallest: { rounds: 1, jobsEach: 20 },
  }[size];
  const target = await startBenchTarget();
  const found = new Map<number, Figures[]>(COUNTS.map((count) => [count, []]));
  try {
    for (let round = 0; round < rounds; round++) {
      // In alternating order, because a machine varies over time.
      for (const count of round % 2 === 0 ? COUNTS : COUNTS.toReversed()) {
        found.get(count)?.push(...(await measure(count, { target, jobsEach, say })));
      }
    }
  } finally {
    await target.stop();
  }
  const median = (count: number, figure: keyof Figures): number =>
    quantile(
      (found.get(count) ?? []).map((figures) => figures[figure]),
      0.5,
    );
  return {
    figures: {
      jobsOfAnEngine: jobsEach,
      exactlyOnce: Math.min(...[...found.values()].flat().map((figures) => figures.exactlyOnce)),
      ...Object.fromEntries(
        COUNTS.flatMap((count) =>
          SHOWN.map((figure) => [`${figure}Of${count}`, median(count, figure)] as [string, number]),
        ),
      ),
      cpuRatioOf2: median(2, 'totalUs') / median(1, 'totalUs'),
      cpuRatioOf3: median(3, 'totalUs') / median(1, 'totalUs'),
    },
    targets: { exactlyOnce: { atLeast: 1 }, cpuRatioOf2: MAX_RATIO, cpuRatioOf3: MAX_RATIO },
  };
};

const SHOWN = ['perSecond', 'totalUs', 'enginesUs', 'serverUs', 'postgresUs'] as const;
type Figures = Readonly<Record<(typeof SHOWN)[number] | 'exactlyOnce', number>>;

type Measuring = { readonly target: BenchTarget; readonly jobsEach: number; readonly say: BenchOptions['say'] };

const measure = async (count: number, { target, jobsEach, say }: Measuring): Promise<Figures[]> => {
  // The same number per engine, so that its code is equally warm for any number of engines.
  const jobs = count * jobsEach;
  const server = await startBenchServer(SETTINGS, { roles: ['api', 'projections'] });
  try {
    const engines = await Promise.all(Array.from({ length: count }, () => startBenchEngine(server, SETTINGS)));
    const storm: Storm = { server, engines, target, say };
    try {
      say(`${count} engines`);
      await runStorm(storm, jobs);
      const figures: Figures[] = [];
      for (let index = 0; index < STORMS; index++) figures.push(figuresOf(jobs, await runStorm(storm, jobs), say));
      return figures;
    } finally {
      await Promise.all(engines.map((engine) => engine.stop()));
    }
  } finally {
    await server.stop();
  }
};

const figuresOf = (jobs: number, { log, counts, dueMs, cpu }: Stormed, say: BenchOptions['say']): Figures => {
  const each = (usedMs: number): number => (1_000 * usedMs) / jobs;
  return {
    exactlyOnce: exactness({ slots: jobs, target: counts, log, say }),
    perSecond: (1_000 * jobs) / (log.lastOutcomeMs - dueMs),
    totalUs: each(cpu.enginesMs + cpu.serverMs + cpu.postgresMs),
    enginesUs: each(cpu.enginesMs),
    serverUs: each(cpu.serverMs),
    postgresUs: each(cpu.postgresMs),
  };
};
