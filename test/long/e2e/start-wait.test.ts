import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect } from 'chai';
import { startService } from '../../../src/compose.ts';
import { loadConfig } from '../../../src/config.ts';
import { nodeRuntime } from '../../../src/runtime/node-runtime.ts';
import { createMetrics } from '../../../src/telemetry/metrics.ts';
import { cuttableProxy } from '../../support/cuttable-proxy.ts';
import { freePort } from '../../support/free-port.ts';
import { freshDatabase } from '../../support/postgres.ts';
import { serviceSettings } from '../../support/service.ts';
import { recordingLog } from '../../support/world.ts';

describe('a start while Postgres is away', () => {
  it('waits, reports the reason, and continues when it is back', async () => {
    const [database, port] = [await freshDatabase(), await freePort()];
    const proxy = await cuttableProxy(database.url);
    const dataDir = await mkdtemp(path.join(tmpdir(), 'carillon-start-'));
    const { log } = recordingLog();
    const waits = Promise.withResolvers<void>();
    const world = nodeRuntime({
      ...log,
      warn: (_fields, message) => {
        if (message.startsWith('waiting for Postgres')) waits.resolve();
      },
    });
    const config = loadConfig({
      ...serviceSettings,
      DATABASE_URL: proxy.url,
      PORT: `${port}`,
      METRICS_PORT: `${await freePort()}`,
      CARILLON_DATA: dataDir,
    });
    proxy.reject();
    const { signal } = new AbortController();
    const roles = ['api', 'projections'] as const;
    const starting = startService({ config, world, metrics: createMetrics(), version: 'test', roles, signal });
    await waits.promise;
    const ready = await fetch(`http://127.0.0.1:${config.http.metricsPort}/readyz`);
    expect(ready.status).to.equal(503);
    expect(JSON.stringify(await ready.json())).to.include(`waiting for Postgres at ${new URL(proxy.url).host}`);
    const jobs = await fetch(`http://127.0.0.1:${port}/_/scheduler/jobs`);
    expect([jobs.status, jobs.headers.get('retry-after')]).to.deep.equal([503, '5']);
    proxy.mend();
    const service = await starting;
    // It is ready once its read models are made.
    while ((await fetch(`${service.url}/readyz`)).status !== 200);
    await service.stop();
    await proxy.close();
    await database.drop();
    await rm(dataDir, { recursive: true, force: true });
  });
});
