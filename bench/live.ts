import { fork } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { allProjections } from '../src/projections/all.ts';
import { type Bench, quantile } from './harness.ts';
import { bareRebuild } from './support/bare-rebuild.ts';
import { numberAsked, openReadModelHost, type ReadModelHost } from './support/read-model-host.ts';
import { seedJobs } from './support/seed-jobs.ts';
import { seedRuns } from './support/seed-runs.ts';

const JOBS = 1_000;
const WRITER = path.join(import.meta.dirname, 'support/arriving-process.ts');

/**
 * Live read models that catch up with a backlog of run events and of new jobs, each compared with the bare work: the same
 * events read and parsed, the resulting rows copied, the indexes created. Then events arrive from another process, at 10,000
 * per second if the machine has capacity, and the lag of the read models that requests wait for is measured. All in one
 * process without an engine; `--events=` sets the size of each backlog.
 */
export const bench: Bench = async ({ size, say }) => {
  const events = numberAsked('events') ?? { full: 400_000, quick: 20_000, smallest: 500 }[size];
  const seconds = { full: 20, quick: 3, smallest: 1 }[size];
  const jobs = await ofBacklog(say, 'jobs', async (host, before) => {
    await seedJobs(host, seedingOf(before ? JOBS : events / 2));
  });
  const runs = await ofBacklog(
    say,
    'runs',
    async (host, before) => {
      if (before) await seedJobs(host, seedingOf(JOBS));
      else await seedRuns(host.database, { applicationId: 1, jobs: { first: 1, count: JOBS }, executions: events / 2 });
    },
    (host) => arriving(host, seconds),
  );
  const { lag } = runs;
  const ratios = (of: typeof jobs) => ({ perSecond: (1_000 * events) / of.caughtUp.tookMs, ...ratiosOf(of) });
  const [ofJobs, ofRuns] = [ratios(jobs), ratios(runs)];
  return {
    figures: {
      events,
      runEventsPerSecond: ofRuns.perSecond,
      runsOfBare: ofRuns.ofBare,
      runsOfBareByCpu: ofRuns.ofBareByCpu,
      jobEventsPerSecond: ofJobs.perSecond,
      jobsOfBare: ofJobs.ofBare,
      jobsOfBareByCpu: ofJobs.ofBareByCpu,
      arrivedPerSecond: lag?.arrivedPerSecond ?? Number.NaN,
      p50LagMs: quantile(lag?.lagsMs ?? [], 0.5),
      p99LagMs: quantile(lag?.lagsMs ?? [], 0.99),
    },
    targets: {
      runsOfBare: { atLeast: 0.5 },
      jobsOfBare: { atLeast: 0.5 },
      p99LagMs: { atMost: 250 },
    },
  };
};

const seedingOf = (count: number) => ({
  ...{ count, applicationId: 1, origin: 'http://127.0.0.1:8080' },
  patternOf: () => '0 0 1 1 *',
});

type Backlog = (host: ReadModelHost, before: boolean) => Promise<void>;

/** Measures a backlog in a separate database with already live read models. */
const ofBacklog = async (
  say: (line: string) => void,
  name: string,
  write: Backlog,
  after?: (host: ReadModelHost) => Promise<Lag>,
) => {
  const host = await openReadModelHost();
  try {
    await write(host, true);
    host.start();
    const start = await endOf(host);
    await host.reach(start);
    await host.stop();
    await write(host, false);
    await host.database.query('vacuum analyze');
    const end = await endOf(host);
    host.start();
    const caughtUp = await host.watched(() => host.reach(end));
    say(`${name}: caught up in ${Math.round(caughtUp.tookMs)} ms, ${Math.round(caughtUp.cpuMs)} ms of CPU`);
    await host.stop();
    const bare = await bareRebuild(host, Number(start));
    say(`${name}: bare in ${Math.round(bare.tookMs)} ms, ${Math.round(bare.cpuMs)} ms of CPU`);
    host.start();
    return { caughtUp, bare, lag: await after?.(host) };
  } finally {
    await host.close();
  }
};

const ratiosOf = ({ caughtUp, bare }: Awaited<ReturnType<typeof ofBacklog>>) => ({
  ofBare: bare.tookMs / caughtUp.tookMs,
  ofBareByCpu: bare.cpuMs / caughtUp.cpuMs,
});

const endOf = async ({ store }: ReadModelHost): Promise<string> => (await store.end()) ?? '';

type Lag = { readonly arrivedPerSecond: number; readonly lagsMs: readonly number[] };

const Arrived = z.object({ position: z.string(), atMs: z.number(), events: z.int() });

/** Time from the response to each append until every read model had its events, for all appends in these seconds. */
const arriving = async (host: ReadModelHost, seconds: number): Promise<Lag> => {
  const writer = fork(WRITER, [host.databaseUrl, String(seconds)], { stdio: 'inherit' });
  const waiting: z.infer<typeof Arrived>[] = [];
  const lagsMs: number[] = [];
  let count = 0;
  let [firstMs, lastMs] = [Number.POSITIVE_INFINITY, 0];
  const look = (): void => {
    const reached = host.reached(allProjections);
    for (let next = waiting[0]; next !== undefined && next.position <= reached; next = waiting[0]) {
      lagsMs.push(Date.now() - next.atMs);
      waiting.shift();
    }
  };
  const looking = setInterval(look, POLL_INTERVAL_MS);
  writer.on('message', (message) => {
    const arrived = Arrived.parse(message);
    count += arrived.events;
    firstMs = Math.min(firstMs, arrived.atMs);
    lastMs = Math.max(lastMs, arrived.atMs);
    waiting.push(arrived);
  });
  await once(writer, 'exit');
  while (waiting.length > 0) await sleep(POLL_INTERVAL_MS);
  clearInterval(looking);
  return { arrivedPerSecond: (1_000 * count) / Math.max(1, lastMs - firstMs), lagsMs };
};
const POLL_INTERVAL_MS = 5;
