import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { Agent, request } from 'undici';
import { z } from 'zod';
import { POLL_SHARES } from '../src/http/sse/index.ts';
import { signToken } from '../src/http/tokens/sign-token.ts';
import type { Bench } from './harness.ts';
import { type CpuUse, cpuUse } from './support/cpu.ts';
import { type BenchServer, startBenchServer } from './support/server.ts';

const AUTHENTICATION = {
  JWT_SECRET: 'a secret of the bench, 32 bytes long',
  JWT_ISSUER: 'bench',
  JWT_AUDIENCE: 'bench',
};
const TENANT_CLAIM = 'tenant';
const WAIT_S = 30;
const WORKERS = 10_000;

/**
 * The CPU that idle workers cost the server and its Postgres: as many as one process allows wait for work of empty queues
 * and ask again every 30 seconds. Beside it, the same server without them. A worker above the limit is rejected.
 */
export const bench: Bench = async ({ size, say }) => {
  const tenants = { full: POLL_SHARES.all / POLL_SHARES.tenant, quick: 10, smallest: 1 }[size];
  const seconds = { full: 90, quick: 30, smallest: 1 }[size];
  const server = await startBenchServer({ ...AUTHENTICATION, JWT_TENANT_CLAIM: TENANT_CLAIM });
  const leaving = new AbortController();
  const dispatcher = new Agent({ connections: null });
  try {
    const admins = Array.from({ length: tenants }, (_, index) => tokenOf(`tenant-${index}`));
    const call = (token: string, path: string, body: object) =>
      request(`${server.url}/_/scheduler${path}`, {
        method: 'POST',
        headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
        body: JSON.stringify(body),
        ...{ dispatcher, signal: leaving.signal },
      });
    const tokens: string[] = [];
    for (const admin of admins) {
      await (await call(admin, '/applications', { name: 'workers' })).body.dump();
      const made = await call(admin, '/tokens', { name: 'workers', permissions: ['scheduler:work'] });
      tokens.push(Token.parse(await made.body.json()).token);
    }
    await sleep(WARM_UP_MS);
    const idle = await coresOf(server, seconds);
    say(`without workers: ${idle.serverMs} and ${idle.postgresMs} ms of CPU each second`);

    let rejected = 0;
    const poll = async (token: string, worker: number): Promise<void> => {
      // They come evenly, as workers that were not started together.
      await sleep((WAIT_S * 1_000 * worker) / POLL_SHARES.tenant, undefined, { signal: leaving.signal });
      while (!leaving.signal.aborted) {
        const takeId = randomBytes(32).toString('base64url');
        const body = { takeId, worker: { id: `worker-${worker}` }, tasks: ['work'], wait: `${WAIT_S}s` };
        const { statusCode, body: answer } = await call(token, '/queues/workers/idle/take', body);
        await answer.dump();
        if (statusCode !== 200) rejected += 1;
      }
    };
    const waiting = tokens.length * POLL_SHARES.tenant;
    const polls = tokens.flatMap((token) =>
      Array.from({ length: POLL_SHARES.tenant }, (_, worker) => poll(token, worker).catch(() => {})),
    );
    await sleep((size === 'smallest' ? 1 : 2) * WAIT_S * 1_000);
    const above = await call(tokens[0] ?? '', '/queues/workers/idle/take', {
      ...{ takeId: randomBytes(32).toString('base64url'), worker: { id: 'one too many' }, wait: `${WAIT_S}s` },
    });
    await above.body.dump();
    const polled = await coresOf(server, seconds);
    say(`with ${waiting} workers: ${polled.serverMs} and ${polled.postgresMs} ms of CPU each second`);
    leaving.abort();
    await Promise.all(polls);

    const cores = (polled.serverMs + polled.postgresMs - idle.serverMs - idle.postgresMs) / 1_000;
    return {
      figures: {
        workers: waiting,
        rejected,
        rejectsTheNext: above.statusCode === 429 ? 1 : 0,
        idleCores: (idle.serverMs + idle.postgresMs) / 1_000,
        cores,
        coresOf10000: (cores * WORKERS) / waiting,
      },
      targets: { rejected: { atMost: 0 }, rejectsTheNext: { atLeast: 1 }, coresOf10000: { atMost: 0.1 } },
    };
  } finally {
    leaving.abort();
    await dispatcher.destroy();
    await server.stop();
  }
};

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
