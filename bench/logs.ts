import { setTimeout as sleep } from 'node:timers/promises';
import { type Bench, type BenchOptions, quantile, timed } from './harness.ts';
import { byClients } from './support/clients.ts';
import { startFakeLogProcess } from './support/fake-log.ts';
import { createApplication, createJobs } from './support/jobs.ts';
import { type BenchServer, startBenchServer } from './support/server.ts';
import { type BenchTarget, startBenchTarget } from './support/target.ts';

const ROUND_TRIP_MS = 1;
const SETTINGS = { ALLOWED_TARGETS: '127.0.0.0/8', CALLER_REQUESTS_PER_MINUTE: '1000000' };
/** For computing the due time of a storm. */
const CREATED_PER_SECOND = 60;
const LATEST_MS = 30_000;

/**
 * The whole service with its log in a fake EventStoreDB, to which a round trip takes 1 ms, against the log in Postgres, in
 * turns in one run: a create alone, creates by 32 clients, and a storm of the jobs that they created.
 */
export const bench: Bench = async ({ size, say }) => {
  const sizes = {
    full: { rounds: 3, alone: 500, jobs: 3_000 },
    quick: { rounds: 1, alone: 200, jobs: 1_000 },
    smallest: { rounds: 1, alone: 2, jobs: 20 },
  }[size];
  const target = await startBenchTarget();
  const [onPostgres, onEventStoreDb]: [Figures[], Figures[]] = [[], []];
  try {
    for (let round = 0; round < sizes.rounds; round++) {
      onPostgres.push(await measured({ settings: SETTINGS, target, say, ...sizes }));
      const fake = await startFakeLogProcess(ROUND_TRIP_MS);
      try {
        onEventStoreDb.push(await measured({ settings: { ...SETTINGS, ...fake.settings }, target, say, ...sizes }));
      } finally {
        await fake.stop();
      }
    }
  } finally {
    await target.stop();
  }
  const median = (of: readonly Figures[], figure: keyof Figures) =>
    quantile(
      of.map((each) => each[figure]),
      0.5,
    );
  const both = (figure: keyof Figures) => [median(onEventStoreDb, figure), median(onPostgres, figure)] as const;
  const [[createMs, postgresCreateMs], [createsPerSecond, postgresCreatesPerSecond]] = [
    both('createMs'),
    both('createsPerSecond'),
  ];
  const [stormPerSecond, postgresStormPerSecond] = both('stormPerSecond');
  return {
    figures: {
      ...{ createMs, postgresCreateMs, createOfPostgres: createMs / postgresCreateMs },
      ...{ createsPerSecond, postgresCreatesPerSecond },
      createsOfPostgres: createsPerSecond / postgresCreatesPerSecond,
      ...{ stormPerSecond, postgresStormPerSecond, stormOfPostgres: stormPerSecond / postgresStormPerSecond },
    },
    targets: {
      createMs: { atMost: 6 },
      createOfPostgres: { atMost: 1.5 },
      createsOfPostgres: { atLeast: 0.7 },
      stormOfPostgres: { atLeast: 0.8 },
    },
  };
};

type Figures = {
  /** Median of creates that do not wait for the read models, one at a time. */
  readonly createMs: number;
  /** By 32 clients. */
  readonly createsPerSecond: number;
  readonly stormPerSecond: number;
};

type MeasureOptions = {
  readonly settings: Readonly<Record<string, string>>;
  readonly target: BenchTarget;
  readonly alone: number;
  readonly jobs: number;
  readonly say: BenchOptions['say'];
};

const measured = async ({ settings, target, alone, jobs, say }: MeasureOptions): Promise<Figures> => {
  const server = await startBenchServer(settings);
  try {
    const createMs = await createAlone(server, alone);
    const dueMs = 1_000 * Math.ceil((Date.now() + (1_000 * jobs) / CREATED_PER_SECOND) / 1_000 + 5);
    const due = new Date(dueMs);
    const pattern = [due.getUTCSeconds(), due.getUTCMinutes(), due.getUTCHours(), '* * *'].join(' ');
    const { tookMs } = await timed(() => createJobs(server, { origin: target.origin, count: jobs, pattern }));
    if (Date.now() > dueMs - 1_000) throw new Error('the jobs were not there in time');
    await target.reset();
    await sleep(dueMs - Date.now());
    let counts = await target.counts();
    for (; counts.calls < jobs && Date.now() < dueMs + LATEST_MS; counts = await target.counts()) await sleep(100);
    if (counts.calls !== jobs) throw new Error(`${counts.calls} of ${jobs} calls were made`);
    const figures = {
      createMs,
      createsPerSecond: (1_000 * jobs) / tookMs,
      stormPerSecond: (1_000 * jobs) / counts.longestLatenessMs,
    };
    say(`${'EVENTSTORE_URL' in settings ? 'EventStoreDB' : 'Postgres'}\t${JSON.stringify(figures)}`);
    return figures;
  } finally {
    await server.stop();
  }
};

const createAlone = async (server: BenchServer, count: number): Promise<number> => {
  const applicationId = await createApplication(server);
  const tookMs: number[] = [];
  await byClients({ clients: 1, count: 2 * count }, async (index) => {
    const create = () => server.call('POST', '/jobs?consistency=eventual', yearly(applicationId, index));
    tookMs.push((await timed(create)).tookMs);
  });
  // The first half warms it up.
  return quantile(tookMs.slice(count), 0.5);
};

const yearly = (applicationId: number, index: number) => ({
  ...{ applicationId, name: `alone ${index}`, pattern: '0 0 1 1 *', taskType: 'HttpInvokerTask' },
  taskConfig: { endpoint: 'http://127.0.0.1:9', path: `/work/${index}`, method: 'POST', body: { hello: 'world' } },
});
