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
const LOOK_MS = 50;

/**
 * One bulk that disables so many jobs, from its request until the log has all of it: items a second. Against it eight
 * clients that each disable one job after another by requests.
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
        notDone: count - all.value,
        itemsPerSecond: perSecond,
        byClientsPerSecond,
        ratioToClients: perSecond / byClientsPerSecond,
        writtenMs: all.tookMs,
        readModelsBehindMs: behindMs,
      },
      targets: { notDone: { atMost: 0 }, writtenMs: { atMost: 120_000 } },
    };
  } finally {
    await server.stop();
  }
};

const Operation = z.object({ id: z.int(), status: z.string(), done: z.int() });

/** @returns how many the operation has done when it ends */
const disableAll = async (server: BenchServer, applicationId: number): Promise<number> => {
  const asked = { action: 'disable', filter: { applicationId } };
  let operation = Operation.parse(await server.call('POST', '/jobs/bulk', asked));
  while (operation.status === 'pending' || operation.status === 'running') {
    await sleep(LOOK_MS);
    operation = Operation.parse(await server.call('GET', `/operations/${operation.id}`));
  }
  return operation.done;
};
