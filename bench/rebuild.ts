import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Bench, timed } from './harness.ts';
import { bareRebuild } from './support/bare-rebuild.ts';
import { type CpuUse, cpuUse } from './support/cpu.ts';
import { createApplication, createJobs } from './support/jobs.ts';
import { numberAsked } from './support/read-model-host.ts';
import { readModelsAt } from './support/read-models.ts';
import { seedJobs } from './support/seed-jobs.ts';
import { seedRuns } from './support/seed-runs.ts';
import { type BenchServer, startBenchServer } from './support/server.ts';
import { startBenchTarget } from './support/target.ts';

const EACH_SECOND = 200;
const WARM_UP_MS = 5_000;

/**
 * A rebuild of all read models of a running server, compared with the bare work: the same events read and parsed, the
 * resulting rows copied, the indexes created. Repeated with a log of two and a half times the length, and again while 200
 * jobs are due every second. `--executions=` sets the number of executions, with two events each, for a tenth as many jobs.
 */
export const bench: Bench = async ({ size, say }) => {
  const executions = numberAsked('executions') ?? { full: 150_000, quick: 20_000, smallest: 500 }[size];
  const sizes = { jobs: executions / 10, executions, more: 1.5 * executions };
  const target = await startBenchTarget();
  const server = await startBenchServer({ ALLOWED_TARGETS: '127.0.0.0/8' });
  let generation = 1;
  const rebuild = async () => {
    const memory = watchMemory(server.pid);
    generation += 1;
    const events = await countEvents(server);
    const before = cpuUse(server);
    const { tookMs } = await timed(async () => {
      await server.call('POST', '/projections/all/rebuild');
      await readModelsAt(server, generation);
    });
    const after = cpuUse(server);
    const micros = (of: keyof CpuUse) => (1_000 * (after[of] - before[of])) / events;
    const [serverMicros, postgresMicros] = [micros('serverMs'), micros('postgresMs')];
    const grewMb = await memory.grewMb();
    say(
      `${events} events in ${Math.round(tookMs)} ms, ${Math.round((1_000 * events) / tookMs)}/s, memory +${grewMb} MB, ` +
        `CPU an event: server ${serverMicros.toFixed(1)} µs, Postgres ${postgresMicros.toFixed(1)} µs`,
    );
    return { events, perSecond: (1_000 * events) / tookMs, cpuMicros: serverMicros + postgresMicros, grewMb };
  };
  try {
    const applicationId = await createApplication(server);
    const seeding = { count: sizes.jobs, applicationId, origin: target.origin, patternOf: () => '0 0 1 1 *' };
    say(`writing ${sizes.jobs} jobs and ${sizes.executions} executions into the log`);
    const first = await seedJobs(server, seeding);
    const jobs = { first, count: sizes.jobs };
    await seedRuns(server.database, { applicationId, jobs, executions: sizes.executions });
    await readModelsAt(server);
    await server.database.query('vacuum analyze');

    const one = await rebuild();
    const bare = await bareRebuild(server);
    const barePerSecond = (1_000 * one.events) / bare.tookMs;
    const bareCpuMicros = (1_000 * bare.cpuMs) / one.events;
    say(`bare: ${Math.round(barePerSecond)}/s, ${bareCpuMicros.toFixed(1)} µs of CPU an event`);

    say(`writing ${sizes.more} more executions`);
    await seedRuns(server.database, { applicationId, jobs, executions: sizes.more, after: sizes.executions });
    await readModelsAt(server, generation);
    const longer = await rebuild();

    const untilMs = Date.now() + 3_600_000;
    const endAt = new Date(untilMs).toISOString();
    await createJobs(server, { origin: target.origin, count: EACH_SECOND, pattern: '* * * * * *', endAt });
    await sleep(WARM_UP_MS);
    await target.reset();
    await rebuild();
    const { p50LatenessMs, p99LatenessMs } = await target.counts();
    return {
      figures: {
        events: one.events,
        eventsPerSecond: one.perSecond,
        barePerSecond,
        ofBare: one.perSecond / barePerSecond,
        cpuMicrosAnEvent: one.cpuMicros,
        bareCpuMicrosAnEvent: bareCpuMicros,
        ofBareByCpu: bareCpuMicros / one.cpuMicros,
        moreEvents: longer.events,
        moreEventsPerSecond: longer.perSecond,
        ofTheShorterLog: longer.perSecond / one.perSecond,
        ofTheShorterLogByCpu: one.cpuMicros / longer.cpuMicros,
        memoryGrewMb: one.grewMb,
        memoryGrewByMoreMb: longer.grewMb,
        p50LatenessBesideMs: p50LatenessMs,
        p99LatenessBesideMs: p99LatenessMs,
      },
      targets: {
        ofBare: { atLeast: 0.7 },
        ofTheShorterLog: { atLeast: 0.95 },
        p99LatenessBesideMs: { atMost: 100 },
      },
    };
  } finally {
    await server.stop();
    await target.stop();
  }
};

const countEvents = async ({ database }: BenchServer): Promise<number> => {
  const { rows } = await database.query<{ count: string }>('select count(*) from log_events');
  return Number(rows[0]?.count);
};

const MEMORY_EVERY_MS = 200;

/** By how much the resident memory of a process rises above what it was. */
const watchMemory = (pid: number) => {
  const stop = new AbortController();
  const rssMb = async (): Promise<number> => {
    const status = await readFile(`/proc/${pid}/status`, 'utf8');
    return Math.round(Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1]) / 1_024);
  };
  const watching = (async () => {
    const before = await rssMb();
    let most = before;
    while (!stop.signal.aborted) {
      most = Math.max(most, await rssMb());
      await sleep(MEMORY_EVERY_MS);
    }
    return most - before;
  })();
  return {
    grewMb: (): Promise<number> => {
      stop.abort();
      return watching;
    },
  };
};
