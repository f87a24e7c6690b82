import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { request } from 'undici';
import { z } from 'zod';
import { type Bench, quantile } from './harness.ts';
import { byClients } from './support/clients.ts';
import { type BenchServer, startBenchServer } from './support/server.ts';

const WORKERS = 20;
const MOST = 10;
const EACH_SECOND = 200;

const Work = z.object({ executionId: z.number(), jobId: z.number(), scheduledAt: z.string(), token: z.string() });
const Taken = z.object({ work: z.array(Work) });
const Queues = z.array(z.object({ queue: z.string(), offered: z.number(), taken: z.number() }));

/**
 * Twenty workers take work that is offered already, ten pieces at a time; then the work of 200 jobs that are due every
 * second, as soon as it is offered.
 */
export const bench: Bench = async ({ size, say }) => {
  const jobs = { full: 6_000, quick: 1_500, smallest: 40 }[size];
  const seconds = { full: 20, quick: 6, smallest: 2 }[size];
  const server = await startBenchServer();
  try {
    const { id: applicationId } = z
      .object({ id: z.number() })
      .parse(await server.call('POST', '/applications', { name: 'workers' }));
    const waiting = await offerOnce(server, { applicationId, jobs, say });
    let taken = 0;
    const startedMs = performance.now();
    await byClients({ clients: WORKERS, count: WORKERS }, async (worker) => {
      while (taken < waiting) {
        const work = await take(server, { queue: 'stored', worker, wait: 0 });
        taken += work.length;
      }
    });
    const takesPerSecond = (waiting / (performance.now() - startedMs)) * 1_000;
    say(`${waiting} pieces of work were taken`);

    const lateMs = await takeAsDue(server, { applicationId, seconds });
    return {
      figures: {
        takes: waiting,
        takesPerSecond,
        steadyTakes: lateMs.length,
        p50LatenessMs: quantile(lateMs, 0.5),
        p99LatenessMs: quantile(lateMs, 0.99),
      },
      targets: { takesPerSecond: { atLeast: 2_000 }, p99LatenessMs: { atMost: 100 } },
    };
  } finally {
    await server.stop();
  }
};

const jobOf = (applicationId: number, queue: string, name: string) => ({
  ...{ applicationId, name, taskType: 'WorkerTask', taskConfig: { queue, task: 'work', input: { name } } },
});

type Offered = { readonly applicationId: number; readonly jobs: number; readonly say: (line: string) => void };

/** Creates jobs, runs each once, and waits until their work is offered. @returns the number of pieces of work */
const offerOnce = async (server: BenchServer, { applicationId, jobs, say }: Offered): Promise<number> => {
  await byClients({ clients: 16, count: jobs }, async (index) => {
    const job = { ...jobOf(applicationId, 'stored', `stored-${index}`), pattern: '0 0 1 1 *' };
    const { id } = z.object({ id: z.number() }).parse(await server.call('POST', '/jobs?consistency=eventual', job));
    await server.call('POST', `/jobs/${id}/trigger?consistency=eventual`);
  });
  for (;;) {
    const queues = Queues.parse(await server.call('GET', '/queues'));
    const offered = queues.find(({ queue }) => queue === 'stored')?.offered ?? 0;
    if (offered === jobs) return offered;
    say(`${offered} of ${jobs} are offered`);
    await sleep(1_000);
  }
};

type TakeInput = { readonly queue: string; readonly worker: number; readonly wait: number | string };

const take = async (server: BenchServer, { queue, worker, wait }: TakeInput) => {
  const takeId = randomBytes(32).toString('base64url');
  const body = { takeId, worker: { id: `worker-${worker}` }, tasks: ['work'], most: MOST, wait };
  return Taken.parse(await server.call('POST', `/queues/workers/${queue}/take`, body)).work;
};

type Steady = { readonly applicationId: number; readonly seconds: number };

/** Takes the work of jobs that are due each second, and completes it. @returns how late each piece arrived, ms */
const takeAsDue = async (server: BenchServer, { applicationId, seconds }: Steady): Promise<readonly number[]> => {
  await byClients({ clients: 16, count: EACH_SECOND }, async (index) => {
    const job = { ...jobOf(applicationId, 'steady', `steady-${index}`), pattern: '* * * * * *' };
    await server.call('POST', '/jobs?consistency=eventual', job);
  });
  const lateMs: number[] = [];
  const warmUpMs = Date.now() + 3_000;
  const endMs = warmUpMs + seconds * 1_000;
  const complete = async ({ executionId, jobId, token }: z.infer<typeof Work>): Promise<void> => {
    const url = `${server.url}/_/scheduler/executions/${executionId}/complete?job=${jobId}`;
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
    const { body } = await request(url, { method: 'POST', headers, body: '{"status":"succeeded"}' });
    await body.dump();
  };
  await byClients({ clients: WORKERS, count: WORKERS }, async (worker) => {
    while (Date.now() < endMs) {
      const work = await take(server, { queue: 'steady', worker, wait: '1s' });
      const nowMs = Date.now();
      if (nowMs > warmUpMs) lateMs.push(...work.map(({ scheduledAt }) => nowMs - Date.parse(scheduledAt)));
      await Promise.all(work.map(complete));
    }
  });
  return lateMs;
};
