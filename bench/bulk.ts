import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { type Bench, timed } from './harness.ts';
import { byClients } from './support/clients.ts';
import { createApplication } from './support/jobs.ts';
import { seedJobs } from './support/seed-jobs.ts';
import { type BenchServer, startBenchServer } from './support/server.ts';
import { settled } from './support/settled.ts';

const CLIENTS = 8;
const CATCH_UP_MS = 600_000;
const POLL_INTERVAL_MS = 50;

/**
 * One bulk operation that disables many jobs, from its request until the log has all of it: items per second. Its request
 * gets its response when none of the jobs is called any more. Compared with eight clients that each disable one job after
 * another.
 */
export const bench: Bench = async ({ size, say }) => {
  const count = { full: 100_000, quick: 10_000, smallest: 50 }[size];
  const singles = count / 10;
  const server = await startBenchServer();
  try {
    const seeding = { count, origin: 'http://127.0.0.1:9', patternOf: () => '0 0 1 1 *' };
    const [ofBulk, ofClients] = [await createApplication(server), await createApplication(server)];
    await seedJobs(server, { ...seeding, applicationId: ofBulk });
    const first = await seedJobs(server, { ...seeding, count: singles, applicationId: ofClients });
    await settled(server, CATCH_UP_MS);
    say(`${singles} jobs by ${CLIENTS} clients, then ${count} by one bulk`);
    const one = await timed(() =>
      byClients({ clients: CLIENTS, count: singles }, async (index) => {
        await server.call('POST', `/jobs/${first + index}/disable`);
      }),
    );
    const all = await timed(() => disableAll(server, ofBulk));
    const { tookMs: behindMs } = await timed(() => settled(server, CATCH_UP_MS));
    const perSecond = (1_000 * count) / all.tookMs;
    const byClientsPerSecond = (1_000 * singles) / one.tookMs;
    return {
      figures: {
        jobs: count,
        notDone: count - all.value.done,
        stoppedMs: all.value.stoppedMs,
        itemsPerSecond: perSecond,
        byClientsPerSecond,
        ratioToClients: perSecond / byClientsPerSecond,
        writtenMs: all.tookMs,
        readModelsBehindMs: behindMs,
      },
      targets: { notDone: { atMost: 0 }, stoppedMs: { atMost: 2_000 }, writtenMs: { atMost: 120_000 } },
    };
  } finally {
    await server.stop();
  }
};

const Operation = z.object({ id: z.int(), status: z.string(), done: z.int() });

/** @returns how long it took until none of the jobs was called any more, and how many the operation has done when it ends */
const disableAll = async (server: BenchServer, applicationId: number) => {
  const requested = { action: 'disable', filter: { applicationId } };
  const stopped = await timed(() => server.call('POST', '/jobs/bulk', requested));
  let operation = Operation.parse(stopped.value);
  while (operation.status === 'pending' || operation.status === 'running') {
    await sleep(POLL_INTERVAL_MS);
    operation = Operation.parse(await server.call('GET', `/operations/${operation.id}`));
  }
  return { done: operation.done, stoppedMs: stopped.tookMs };
};
