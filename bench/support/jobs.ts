import { z } from 'zod';
import { byClients } from './clients.ts';
import type { BenchServer } from './server.ts';

export const Created = z.object({ id: z.int() });
const CLIENTS = 32;

type Jobs = {
  readonly origin: string;
  readonly count: number;
  readonly pattern: string;
  readonly startAt?: string;
  readonly endAt?: string;
};

export const createApplication = async (server: BenchServer): Promise<number> =>
  Created.parse(await server.call('POST', '/applications', { name: `bench ${Date.now()}` })).id;

/** Creates jobs with a POST to the target each; returns their ids. */
export const createJobs = async (server: BenchServer, jobs: Jobs): Promise<ReadonlySet<number>> => {
  const { origin, count, pattern, startAt, endAt } = jobs;
  const applicationId = await createApplication(server);
  const ids = new Set<number>();
  await byClients({ clients: CLIENTS, count }, async (index) => {
    const job = await server.call('POST', '/jobs?consistency=eventual', {
      applicationId,
      name: `job ${index}`,
      pattern,
      ...(startAt === undefined ? {} : { startAt }),
      ...(endAt === undefined ? {} : { endAt }),
      taskType: 'HttpInvokerTask',
      taskConfig: { endpoint: origin, path: `/work/${index}`, method: 'POST', body: { hello: 'world' } },
    });
    ids.add(Created.parse(job).id);
  });
  return ids;
};
