import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect } from 'chai';
import { ROLES, startService } from '../../src/compose.ts';
import { loadConfig } from '../../src/config.ts';
import { LOG_KINDS, selectedLogKind } from '../../src/event-store/log-kinds.ts';
import { nodeRuntime } from '../../src/runtime/node-runtime.ts';
import { createMetrics } from '../../src/telemetry/metrics.ts';
import { serviceSettings, tokenOf } from '../../src/testing/start-carillon.ts';
import { apiClient } from '../support/api.ts';
import { memoryLogKind } from '../support/memory-log-kind.ts';
import { type FreshDatabase, freshDatabase } from '../support/postgres.ts';
import { startTarget, type Target } from '../support/target.ts';
import { silentLog } from '../support/world.ts';

describe('a kind of log that is new to the registry', () => {
  let database: FreshDatabase;
  let target: Target;
  let dataDir: string;
  before(async () => {
    database = await freshDatabase();
    target = await startTarget();
    dataDir = await mkdtemp(path.join(tmpdir(), 'carillon-log-kind-'));
  });
  after(async () => {
    await target.close();
    await database.drop();
    await rm(dataDir, { recursive: true });
  });

  it('holds the log of a service with all roles, by its line alone', async () => {
    const settings = { DATABASE_URL: database.url, CARILLON_DATA: dataDir, PORT: '0', ...serviceSettings };
    const service = await startService({
      config: { ...loadConfig(settings), eventStore: { url: 'memory://test', prefix: 'carillon_' } },
      logKinds: [...LOG_KINDS, memoryLogKind()],
      world: nodeRuntime(silentLog),
      metrics: createMetrics(),
      version: 'test',
      roles: ROLES,
      signal: new AbortController().signal,
    });
    try {
      const api = apiClient(service.url, tokenOf());
      const { body: application } = await api.post('/applications', { name: 'shop' });
      const job = await api.post('/jobs', {
        applicationId: application.id,
        name: 'report',
        pattern: '0 2 * * *',
        taskType: 'HttpInvokerTask',
        taskConfig: { method: 'GET', url: `${target.origin}/ok` },
      });
      expect([job.status, job.body.detail]).to.deep.equal([201, undefined]);
      await api.post(`/jobs/${job.body.id}/trigger`, {});
      await target.receivedAll(1);
      expect((await api.post('/engine/release', {})).body).to.deep.include({ store: 'memory' });
    } finally {
      await service.stop();
    }
  });

  it('is selected by the scheme of EVENTSTORE_URL', () => {
    const memory = memoryLogKind();
    const nameOf = (url: string | undefined) => selectedLogKind(url, [...LOG_KINDS, memory]).name;
    expect([undefined, 'esdb://db:2113', 'kurrentdb+discover://db:2113', 'memory://test'].map(nameOf)).to.deep.equal([
      'postgres',
      'eventstoredb',
      'eventstoredb',
      'memory',
    ]);
    expect(() => selectedLogKind('redis://db')).to.throw('EVENTSTORE_URL must begin with esdb://');
  });
});
