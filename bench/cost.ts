import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { type Bench, type BenchOptions, quantile, type Target } from './harness.ts';
import { type Checkout, checkOut, HERE } from './support/checkout.ts';
import { byClients } from './support/clients.ts';
import { type CpuUse, cpuUse } from './support/cpu.ts';
import { Created, createApplication, createJobs } from './support/jobs.ts';
import { type BenchServer, startBenchServer } from './support/server.ts';
import { type BenchTarget, startBenchTarget } from './support/target.ts';

const CLIENTS = 8;
const WARM_UP_PAIRS = 200;
const STORMS = ['cold', 'warm', 'third'] as const;
/** For computing the due time of a storm. */
const CREATED_PER_SECOND = 100;
const QUIET_EACH_SECOND = 8;
const EACH_SECOND = 200;
const STEADY_WARM_UP_MS = 10_000;
const MAX_RATIO: Target = { atMost: 1.02 };

/**
 * The CPU that an execution and a command cost the server and its Postgres, in microseconds, in the configuration of
 * `npm start`, by its API alone: storms of jobs that are due at one second, the first after a start and two later ones;
 * few and many jobs that are due every second; a POST and a GET of a job. `--base=<commit>` measures that commit too, in turns, and
 * gives the ratios: quote them with each change of the path of an execution or a command.
 */
export const bench: Bench = async ({ size, say }) => {
  const { values } = parseArgs({ options: { base: { type: 'string' } }, strict: false });
  const sizes = {
    full: { rounds: 3, jobs: 10_000, everySeconds: 20, seconds: 15, pairs: 2_000 },
    quick: { rounds: 1, jobs: 3_000, everySeconds: 20, seconds: 10, pairs: 600 },
    smallest: { rounds: 1, jobs: 50, everySeconds: 5, seconds: 1, pairs: 5 },
  }[size];
  const base = typeof values.base === 'string' ? await checkOut(values.base) : undefined;
  const target = await startBenchTarget();
  const [ofHead, ofBase]: [Figures[], Figures[]] = [[], []];
  const measured = (checkout: Checkout) =>
    measure({ checkout, target, ...sizes, isWarmedUp: size !== 'smallest', say });
  try {
    for (let round = 0; round < sizes.rounds; round++) {
      // Sides alternate in starting, because a machine varies over time.
      const isBaseFirst = round % 2 === 0;
      if (base !== undefined && isBaseFirst) ofBase.push(await measured(base));
      ofHead.push(await measured(HERE));
      if (base !== undefined && !isBaseFirst) ofBase.push(await measured(base));
    }
  } finally {
    await target.stop();
    await base?.remove();
  }
  return { figures: { ...medians(ofHead), ...(base && ratios(ofHead, ofBase)) }, targets: base ? RATIO_TARGETS : {} };
};

const COSTS = [
  ...STORMS.flatMap((storm) => [`${storm}Server`, `${storm}Postgres`] as const),
  ...(['quiet', 'steady', 'pair'] as const).flatMap((load) => [`${load}Server`, `${load}Postgres`] as const),
] as const;
type Cost = (typeof COSTS)[number];
type Figures = Readonly<Record<string, number>>;

const medianOf = (all: readonly Figures[], cost: Cost): number =>
  quantile(
    all.map((figures) => figures[`${cost}Us`] ?? Number.NaN),
    0.5,
  );
const medians = (all: readonly Figures[]) =>
  Object.fromEntries(COSTS.map((cost) => [`${cost}Us`, medianOf(all, cost)]));
const ratios = (head: readonly Figures[], base: readonly Figures[]) =>
  Object.fromEntries(COSTS.map((cost) => [`${cost}Ratio`, medianOf(head, cost) / medianOf(base, cost)]));
const RATIO_TARGETS = Object.fromEntries(COSTS.map((cost) => [`${cost}Ratio`, MAX_RATIO]));

type Measuring = {
  readonly checkout: Checkout;
  readonly target: BenchTarget;
  readonly jobs: number;
  /** From one storm to the next. */
  readonly everySeconds: number;
  readonly seconds: number;
  readonly pairs: number;
  readonly isWarmedUp: boolean;
  readonly say: BenchOptions['say'];
};

const measure = async ({ checkout, ...how }: Measuring): Promise<Figures> => {
  how.say(`${checkout.folder}: storms of ${how.jobs}, ${how.seconds} s of ${EACH_SECOND} a second, ${how.pairs} pairs`);
  const storms = await withServer(checkout, (server) => measureStorms(server, how));
  const others = await withServer(checkout, async (server) => {
    const pairs = await measurePairs(server, how);
    const quiet = await measureEachSecond(server, { ...how, jobs: QUIET_EACH_SECOND });
    const steady = await measureEachSecond(server, { ...how, jobs: EACH_SECOND });
    return {
      ...pairs,
      quietServerUs: quiet.serverUs,
      quietPostgresUs: quiet.postgresUs,
      steadyServerUs: steady.serverUs,
      steadyPostgresUs: steady.postgresUs,
    };
  });
  return { ...storms, ...others };
};

const SETTINGS = { ALLOWED_TARGETS: '127.0.0.0/8', CALLER_REQUESTS_PER_MINUTE: '1000000' };

const withServer = async <T>(checkout: Checkout, run: (server: BenchServer) => Promise<T>): Promise<T> => {
  const server = await startBenchServer(SETTINGS, { checkout: checkout.folder });
  try {
    // Its sample job would fire beside what is measured.
    await server.ask('POST', '/jobs/1/disable');
    return await run(server);
  } finally {
    await server.stop();
  }
};

/** Usage since then per item, µs. */
const each = (server: BenchServer, before: CpuUse, count: number) => {
  const after = cpuUse(server);
  const share = (part: keyof CpuUse): number => (1_000 * (after[part] - before[part])) / count;
  return { serverUs: share('serverMs'), postgresUs: share('postgresMs') };
};

const measureStorms = async (
  server: BenchServer,
  { target, jobs: count, everySeconds }: Pick<Measuring, 'target' | 'jobs' | 'everySeconds'>,
) => {
  const everyMs = 1_000 * everySeconds;
  const firstMs = Math.ceil((Date.now() + (1_000 * count) / CREATED_PER_SECOND + 5_000) / everyMs) * everyMs;
  const endAt = new Date(firstMs + STORMS.length * everyMs - 1).toISOString();
  const startAt = new Date(firstMs - 1).toISOString();
  await createJobs(server, { origin: target.origin, count, pattern: `*/${everySeconds} * * * * *`, startAt, endAt });
  if (Date.now() > firstMs - 1_000) throw new Error('the jobs were not there in time');
  const found: [string, number][] = [];
  for (const [index, storm] of STORMS.entries()) {
    const dueMs = firstMs + index * everyMs;
    await sleep(dueMs - 700 - Date.now());
    await target.reset();
    const before = cpuUse(server);
    await sleep(dueMs + everyMs - 1_500 - Date.now());
    const { serverUs, postgresUs } = each(server, before, count);
    const { calls } = await target.counts();
    if (calls !== count) throw new Error(`${calls} of ${count} calls were made in time`);
    found.push([`${storm}ServerUs`, serverUs], [`${storm}PostgresUs`, postgresUs]);
  }
  return Object.fromEntries(found);
};

const measurePairs = async (server: BenchServer, { pairs, isWarmedUp }: Pick<Measuring, 'pairs' | 'isWarmedUp'>) => {
  const applicationId = await createApplication(server);
  let made = 0;
  const createAndGet = (count: number) =>
    byClients({ clients: CLIENTS, count }, async () => {
      const { id } = Created.parse(await server.call('POST', '/jobs', yearly(applicationId, made++)));
      await server.call('GET', `/jobs/${id}`);
    });
  if (isWarmedUp) await createAndGet(WARM_UP_PAIRS);
  const before = cpuUse(server);
  await createAndGet(pairs);
  const { serverUs, postgresUs } = each(server, before, pairs);
  return { pairServerUs: serverUs, pairPostgresUs: postgresUs };
};

const yearly = (applicationId: number, index: number) => ({
  ...{ applicationId, name: `yearly ${index}`, pattern: '0 0 1 1 *', taskType: 'HttpInvokerTask' },
  taskConfig: { endpoint: 'http://127.0.0.1:9', path: `/work/${index}`, method: 'POST', body: { hello: 'world' } },
});

/** Adds jobs that are due every second to those that are there. */
const measureEachSecond = async (
  server: BenchServer,
  { target, jobs, seconds, isWarmedUp }: Pick<Measuring, 'target' | 'jobs' | 'seconds' | 'isWarmedUp'>,
) => {
  await createJobs(server, { origin: target.origin, count: jobs, pattern: '* * * * * *' });
  if (isWarmedUp) await sleep(STEADY_WARM_UP_MS);
  await target.reset();
  const before = cpuUse(server);
  await sleep(seconds * 1_000);
  const { calls } = await target.counts();
  return each(server, before, calls);
};
