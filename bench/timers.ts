import { readFile, rm } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { viewSchema } from '../src/projections/projection.ts';
import { jobs } from '../src/projections/read-models/jobs.ts';
import { passableTempDir } from '../src/testing/databases.ts';
import { type Bench, timed } from './harness.ts';
import { childrenOf } from './support/cpu.ts';
import { createApplication } from './support/jobs.ts';
import { seedJobs } from './support/seed-jobs.ts';
import { type BenchServer, startBenchServer } from './support/server.ts';
import { settled } from './support/settled.ts';
import { startBenchTarget } from './support/target.ts';

const SETTINGS = { ALLOWED_TARGETS: '127.0.0.0/8' };
const CATCH_UP_MS = 600_000;
const ENGINES = 4;

/**
 * A million enabled jobs, each due once a day: the duration of a start of `npm start` until it claims, with a warm database,
 * the memory of the process, and whether edits apply immediately; and the memory of an engine process that owns a quarter of
 * the jobs. Their events are written directly into the log; read models and engine read them from there before the measured
 * start.
 */
export const bench: Bench = async ({ size, say }) => {
  const count = { full: 1_000_000, quick: 100_000, smallest: 500 }[size];
  const edits = { full: 20, quick: 4, smallest: 1 }[size];
  const target = await startBenchTarget();
  const dataDir = await passableTempDir('carillon-bench-');
  let server = await startBenchServer(SETTINGS, { dataDir });
  try {
    const applicationId = await createApplication(server);
    say(`writing ${count} jobs into the log`);
    const seeding = { count, applicationId, origin: target.origin, patternOf: onceADay(new Date()) };
    const seeded = await timed(() => seedJobs(server, seeding));
    const first = seeded.value;
    const caughtUp = await timed(() => settled(server, CATCH_UP_MS));
    await server.database.query('vacuum analyze');
    say(`written in ${Math.round(seeded.tookMs)} ms, in the read models ${Math.round(caughtUp.tookMs)} ms later`);
    await server.stop();

    const restarted = await timed(() => startBenchServer(SETTINGS, { dataDir }));
    server = restarted.value;
    const memory = await memoryOf(server.pid);
    const enabled = await enabledJobs(server, applicationId);
    await target.reset();
    const answersMs = await edit(server, { first, edits });
    const { calls, slots, twice, p99LatenessMs } = await target.counts();
    if (calls !== edits || slots !== edits || twice > 0)
      say(`EDITS NOT HONOURED: ${edits} jobs were to be called once each, and were called ${calls} times`);
    await server.stop();

    server = await startBenchServer({ ...SETTINGS, ENGINES: String(ENGINES) }, { dataDir });
    const quarter = await memoryOfEngines(server);
    return {
      figures: {
        jobs: enabled,
        jobsLost: Math.max(0, count - enabled),
        readyMs: restarted.tookMs,
        rssMb: memory.rssMb,
        peakRssMb: memory.peakRssMb,
        quarterRssMb: quarter.rssMb,
        quarterPeakRssMb: quarter.peakRssMb,
        slowestEditMs: Math.max(...answersMs),
        editsNotHonoured: Math.abs(calls - edits) + twice,
        p99LatenessAfterEditMs: p99LatenessMs,
        eventsProjectedPerSecond: (2_000 * count) / (seeded.tookMs + caughtUp.tookMs),
      },
      targets: {
        jobsLost: { atMost: 0 },
        readyMs: { atMost: 8_000 },
        rssMb: { atMost: 500 },
        quarterRssMb: { atMost: 500 },
        slowestEditMs: { atMost: 100 },
        editsNotHonoured: { atMost: 0 },
      },
    };
  } finally {
    await server.stop();
    await target.stop();
    await rm(dataDir, { recursive: true, force: true });
  }
};

/** Spread over the day, an hour around now left out, so that nothing but what is edited is due during the bench. */
const onceADay =
  (now: Date) =>
  (index: number): string => {
    const hour = (now.getUTCHours() + 2 + (index % 21)) % 24;
    return `${index % 60} ${Math.floor(index / 60) % 60} ${hour} * * *`;
  };

const WORKING = `
  select count(*)::integer as engines from engine_members
  where state = 'working' and beaten_at > clock_timestamp() - interval '3 seconds'`;

/** The most that one of the further engine processes holds once all engines share the jobs. */
const memoryOfEngines = async ({ pid, database }: BenchServer): Promise<Memory> => {
  for (const endMs = performance.now() + CATCH_UP_MS; performance.now() < endMs; await sleep(100)) {
    const { rows } = await database.query(WORKING);
    if (rows[0]?.engines === ENGINES) break;
  }
  // By then each has received the others' heartbeats, and processed the jobs.
  await sleep(3_000);
  const all = await Promise.all((await enginesOf(pid)).map(memoryOf));
  if (all.length !== ENGINES - 1) throw new Error(`there are ${all.length} further engine processes`);
  return {
    rssMb: Math.max(...all.map(({ rssMb }) => rssMb)),
    peakRssMb: Math.max(...all.map(({ peakRssMb }) => peakRssMb)),
  };
};

const enginesOf = async (parent: number): Promise<number[]> => {
  const found: number[] = [];
  for (const child of childrenOf(parent)) {
    const words = (await readFile(`/proc/${child}/cmdline`, 'utf8')).split('\0');
    if (words.includes('__engine')) found.push(child);
  }
  return found;
};

type Memory = { readonly rssMb: number; readonly peakRssMb: number };

const memoryOf = async (pid: number): Promise<Memory> => {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  const mb = (name: string): number => Number(new RegExp(`${name}:\\s+(\\d+) kB`).exec(status)?.[1]) / 1_024;
  return { rssMb: mb('VmRSS'), peakRssMb: mb('VmHWM') };
};

const enabledJobs = async (server: BenchServer, applicationId: number): Promise<number> => {
  const counts = `select sum(enabled) as enabled from ${viewSchema(jobs)}.job_counts where application_id = $1`;
  const { rows } = await server.database.query(counts, [applicationId]);
  return Number(rows[0]?.enabled);
};

/**
 * Edits each job, some 300 ms before a full second, to run every second, and disables it afterwards: it must run at that one
 * second. Returns the duration of each request, ms.
 */
const edit = async (server: BenchServer, { first, edits }: { first: number; edits: number }): Promise<number[]> => {
  const took: number[] = [];
  for (let index = 0; index < edits; index++) {
    const jobId = first + index * 17;
    const slotMs = Math.ceil((Date.now() + 700) / 1_000) * 1_000;
    await sleep(slotMs - 300 - Date.now());
    const on = await timed(() => server.call('PUT', `/jobs/${jobId}`, { pattern: '* * * * * *' }));
    await sleep(slotMs + 200 - Date.now());
    const off = await timed(() => server.call('POST', `/jobs/${jobId}/disable`));
    took.push(on.tookMs, off.tookMs);
  }
  await sleep(1_500);
  return took;
};
