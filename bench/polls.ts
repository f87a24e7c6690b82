import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { Agent, type IncomingMessage, request } from 'node:http';
import { json } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { POLL_SHARES } from '../src/http/sse/index.ts';
import { signToken } from '../src/http/tokens/sign-token.ts';
import type { Bench } from './harness.ts';
import { type CpuUse, cpuUse } from './support/cpu.ts';
import { residentMb } from './support/memory.ts';
import { type BenchServer, startBenchServer } from './support/server.ts';

const AUTHENTICATION = {
  JWT_SECRET: 'a secret of the bench, 32 bytes long',
  JWT_ISSUER: 'bench',
  JWT_AUDIENCE: 'bench',
};
const TENANT_CLAIM = 'tenant';
/** As the worker library does. */
const WAIT_S = 480;

/**
 * The CPU and memory that idle workers cost the server and its Postgres: as many as one process allows wait for work of
 * empty queues and come again every 8 minutes. Beside it, the same server without them. A worker above the
 * limit is rejected.
 */
export const bench: Bench = async ({ size, say }) => {
  const workers = size === 'smallest' ? 20 : POLL_SHARES.all;
  const seconds = { full: 120, quick: 60, smallest: 1 }[size];
  const beginSeconds = { full: 60, quick: 60, smallest: 1 }[size];
  const server = await startBenchServer({ ...AUTHENTICATION, JWT_TENANT_CLAIM: TENANT_CLAIM });
  let isLeaving = false;
  const agent = new Agent({ keepAlive: true });
  try {
    const admins = Array.from({ length: TENANTS }, (_, index) => tokenOf(`tenant-${index}`));
    const call = async (token: string, path: string, body: object): Promise<{ status: number; body: unknown }> => {
      const asking = request(`${server.url}/_/scheduler${path}`, {
        method: 'POST',
        headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
        agent,
      }).end(JSON.stringify(body));
      const [response]: IncomingMessage[] = await once(asking, 'response');
      if (response === undefined) throw new Error('no response');
      return { status: response.statusCode ?? 0, body: await json(response) };
    };
    const tokens: string[] = [];
    for (const admin of admins) {
      await call(admin, '/applications', { name: 'workers' });
      const made = await call(admin, '/tokens', { name: 'workers', permissions: ['scheduler:work'] });
      tokens.push(Token.parse(made.body).token);
    }
    await sleep(WARM_UP_MS);
    const idle = await coresOf(server, seconds);
    const idleMB = Math.round(residentMb([server.pid]));
    say(`without workers: ${idle.serverMs} and ${idle.postgresMs} ms of CPU each second, ${idleMB} MB`);

    const counts = { polls: 0, rejected: 0, repeated: 0 };
    const post = async (token: string, body: object): Promise<void> => {
      const response = await call(token, '/queues/workers/idle/take', body);
      counts.polls += 1;
      if (response.status !== 200) counts.rejected += 1;
    };
    /** As the library does if a connection was closed before its request came. */
    const repeat = async (...requested: Parameters<typeof post>): Promise<void> => {
      while (!isLeaving) {
        try {
          return await post(...requested);
        } catch {
          counts.repeated += 1;
          await sleep(1_000, undefined, { ref: false });
        }
      }
    };
    const takeFor = (worker: { readonly id: string }, waitS: number) => ({
      ...{ takeId: randomBytes(32).toString('base64url'), worker, tasks: ['work'], wait: `${waitS}s` },
    });
    const poll = async (token: string, worker: { readonly id: string }): Promise<void> => {
      // So they ask evenly from now on, as workers that were not started together.
      await repeat(token, takeFor(worker, Math.ceil(Math.random() * WAIT_S)));
      while (!isLeaving) await repeat(token, takeFor(worker, WAIT_S));
    };
    for (let index = 0; index < workers; index += 1) {
      const [token = '', worker] = [tokens[index % TENANTS], { id: `worker-${index}` }];
      void poll(token, worker);
      if (index % TOGETHER === 0) await sleep((beginSeconds * 1_000 * TOGETHER) / workers);
    }
    await sleep(WARM_UP_MS);
    const before = { ...counts };
    const polled = await coresOf(server, seconds);
    const polls = (counts.polls - before.polls) / seconds;
    const polledMB = Math.round(residentMb([server.pid]));
    const { rejected } = counts;
    const tooMany = takeFor({ id: 'one too many' }, 0);
    const above = [];
    // One of the others may be between two takes.
    for (let tries = 0; tries < 5; tries += 1)
      above.push((await call(tokens[0] ?? '', '/queues/workers/idle/take', tooMany)).status);
    say(`with ${workers} workers: ${polled.serverMs} and ${polled.postgresMs} ms of CPU each second, ${polledMB} MB`);

    const cores = (polled.serverMs + polled.postgresMs - idle.serverMs - idle.postgresMs) / 1_000;
    return {
      figures: {
        workers,
        rejected,
        repeated: counts.repeated - before.repeated,
        rejectsTheNext: above.includes(429) ? 1 : 0,
        pollsPerSecond: polls,
        idleCores: (idle.serverMs + idle.postgresMs) / 1_000,
        cores,
        idleMB,
        memoryMB: polledMB - idleMB,
      },
      targets: { rejected: { atMost: 0 }, rejectsTheNext: { atLeast: 1 }, cores: { atMost: 0.1 } },
    };
  } finally {
    isLeaving = true;
    agent.destroy();
    await server.stop();
  }
};

const TENANTS = 10;
/** Workers that begin together, lest a busy machine delays each of them. */
const TOGETHER = 20;
const Token = z.object({ token: z.string() });
const WARM_UP_MS = 5_000;

const tokenOf = (tenant: string): string =>
  signToken({
    secret: AUTHENTICATION.JWT_SECRET,
    subject: 'bench',
    claims: { iss: 'bench', aud: 'bench', permissions: ['scheduler:admin'], [TENANT_CLAIM]: tenant },
    nowMs: Date.now(),
    lifetimeSeconds: 3_600,
  });

/** CPU time in each second, ms. */
const coresOf = async (server: BenchServer, seconds: number): Promise<CpuUse> => {
  const before = cpuUse(server);
  await sleep(seconds * 1_000);
  const after = cpuUse(server);
  return {
    serverMs: (after.serverMs - before.serverMs) / seconds,
    postgresMs: (after.postgresMs - before.postgresMs) / seconds,
  };
};
