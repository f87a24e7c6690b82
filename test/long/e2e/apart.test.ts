import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect } from 'chai';
import { z } from 'zod';
import { type Role, type Service, startService } from '../../../src/compose.ts';
import { loadConfig } from '../../../src/config.ts';
import { nodeRuntime } from '../../../src/runtime/node-runtime.ts';
import { createMetrics } from '../../../src/telemetry/metrics.ts';
import { type Api, apiClient } from '../../support/api.ts';
import { freePort } from '../../support/free-port.ts';
import { type FreshDatabase, freshDatabase } from '../../support/postgres.ts';
import { serviceSettings, tokenOf } from '../../support/service.ts';
import { recordingLog } from '../../support/world.ts';

/** How often a process looks how far the lists are. */
const POLL_INTERVAL_MS = 1_000;

const Readyz = z.object({
  status: z.string(),
  roles: z.record(z.string(), z.object({ ready: z.boolean() })),
  degraded: z.array(z.object({ component: z.string(), since: z.iso.datetime(), reason: z.string().optional() })),
});

/** What `/readyz` says to an administrator, or else to everyone. */
const readyz = async (url: string, token?: string) => {
  const headers = token === undefined ? {} : { Authorization: `Bearer ${token}` };
  const response = await fetch(`${url}/readyz`, { headers });
  return { code: response.status, ...Readyz.parse(await response.json()) };
};

describe('an API process apart from engine and projections', () => {
  let database: FreshDatabase;
  let dataDir: string;
  let beside: Service;
  let alone: Service;
  let admin: Api;
  let looked = Promise.withResolvers<void>();

  const start = (roles: readonly Role[], settings: Readonly<Record<string, string>> = {}): Promise<Service> => {
    const world = nodeRuntime(recordingLog().log);
    const sleep: typeof world.timers.sleep = (ms, signal) => {
      if (ms === POLL_INTERVAL_MS && roles.includes('api')) {
        looked.resolve();
        looked = Promise.withResolvers();
      }
      return world.timers.sleep(ms, signal);
    };
    const dir = path.join(dataDir, roles.join('-'));
    return startService({
      config: loadConfig({
        ...{ ...serviceSettings, DATABASE_URL: database.url, CARILLON_DATA: dir, PORT: '0' },
        ...settings,
      }),
      world: { ...world, timers: { ...world.timers, sleep } },
      metrics: createMetrics(),
      version: 'test',
      roles,
      signal: new AbortController().signal,
    });
  };
  /** Checks again after each look of the API process. */
  const eventually = async <T>(check: () => Promise<T | undefined>): Promise<T> => {
    for (;;) {
      const next = looked.promise;
      const found = await check();
      if (found !== undefined) return found;
      await next;
    }
  };

  before(async () => {
    database = await freshDatabase();
    dataDir = await mkdtemp(path.join(tmpdir(), 'carillon-apart-'));
    beside = await start(['engine', 'projections']);
    alone = await start(['api']);
    admin = apiClient(alone.url, tokenOf());
  });
  after(async () => {
    await alone.stop();
    await database.drop();
    await rm(dataDir, { recursive: true, force: true });
  });

  it('names the engines of other processes to administrators alone', async () => {
    const engines = await eventually(async () => {
      const { body } = await admin.get('/stats');
      return body.engines[0]?.status === 'working' ? body.engines : undefined;
    });
    expect(engines).to.have.length(1);
    expect(engines[0]).to.have.all.keys('engineId', 'status', 'zoneData', 'joinedAt', 'heartbeatAt');
    const reader = apiClient(alone.url, tokenOf({ permissions: ['scheduler:jobs:read'] }));
    expect((await reader.get('/stats')).body.engines).to.deep.equal([]);
  });

  it('does not mention lag while its lists are up to date', async () => {
    expect((await admin.post('/applications', { name: 'first' })).status).to.equal(201);
    const { headers, body } = await admin.get('/applications');
    expect([headers.get('carillon-lag'), body.length]).to.deep.equal([null, 1]);
    for (let looks = 0; looks < 6; looks += 1) await looked.promise;
    expect((await admin.get('/applications')).headers.get('carillon-lag')).to.equal(null);
    expect((await readyz(alone.url)).status).to.equal('ready');
  });

  it('states the lag of its lists, and that no process runs projections', async () => {
    await beside.stop();
    expect((await admin.post('/applications?consistency=eventual', { name: 'second' })).status).to.equal(201);
    const lag = await eventually(async () => {
      const { headers, body } = await admin.get('/applications');
      expect(body).to.have.length(1);
      return headers.get('carillon-lag') ?? undefined;
    });
    expect(Number(lag)).to.be.at.least(1);
    expect((await admin.get('/projections')).headers.get('carillon-lag')).to.equal(null);
    const said = await eventually(async () => {
      const found = await readyz(alone.url, tokenOf());
      return found.degraded.length === 2 ? found : undefined;
    });
    expect([said.code, said.status]).to.deep.equal([200, 'degraded']);
    expect(said.degraded.map(({ component }) => component)).to.deep.equal(['projections', 'lists']);
    expect(said.degraded[0]?.reason).to.match(/^No process runs these projections: documents, jobs/);
    expect(said.degraded[1]?.reason).to.match(/^The read models are \d+ s behind the log\.$/);
    expect((await admin.get('/stats')).body.engines).to.deep.equal([]);
  });

  it('reads the lag of the lists from the log after a restart', async () => {
    await alone.stop();
    const startedMs = Date.now();
    alone = await start(['api']);
    admin = apiClient(alone.url, tokenOf());
    const lag = await eventually(async () => (await admin.get('/jobs')).headers.get('carillon-lag') ?? undefined);
    expect(Number(lag)).to.be.above((Date.now() - startedMs) / 1_000);
  });
});

describe('a publisher without reachable brokers', () => {
  it('is not ready, and reports it', async () => {
    const database = await freshDatabase();
    const dataDir = await mkdtemp(path.join(tmpdir(), 'carillon-publisher-'));
    const config = loadConfig({
      ...{ ...serviceSettings, DATABASE_URL: database.url, CARILLON_DATA: dataDir, PORT: '0' },
      KAFKA_BROKERS: `127.0.0.1:${await freePort()}`,
    });
    const world = nodeRuntime(recordingLog().log);
    const { signal } = new AbortController();
    const service = await startService({
      config,
      world,
      metrics: createMetrics(),
      version: 'test',
      roles: ['publisher'],
      signal,
    });
    try {
      const { code, status, roles, degraded } = await readyz(service.url);
      expect([code, status, roles]).to.deep.equal([503, 'unready', { publisher: { ready: false } }]);
      expect(degraded.map(({ component }) => component)).to.deep.equal(['kafka']);
    } finally {
      await service.stop();
      await database.drop();
      await rm(dataDir, { recursive: true, force: true });
    }
  });
});
