import { rm } from 'node:fs/promises';
import path from 'node:path';
import { expect } from 'chai';
import type { RecordedEvent } from '../../../src/event-store/port.ts';
import { apiClient } from '../../support/api.ts';
import { audit } from '../../support/audit.ts';
import { type ChildService, startChildService } from '../../support/child-service.ts';
import { type CuttableProxy, cuttableProxy } from '../../support/cuttable-proxy.ts';
import { type FakeEventStoreDb, startFakeEventStoreDb } from '../../support/eventstoredb/server.ts';
import { type FreshDatabase, freshDatabase } from '../../support/postgres.ts';
import { serviceSettings, tokenOf } from '../../support/service.ts';
import { eventsOf } from '../../support/service-log.ts';
import { startTarget, type Target } from '../../support/target.ts';
import { passableTempDir } from '../../support/temp-dir.ts';

const JOBS = 10;
/** More than it takes to find an engine dead, as calls of all jobs tell the time. */
const UNTIL_FOUND_DEAD = 13 * JOBS;

describe('engines that die, freeze and lose Postgres', () => {
  let dir: string;
  let log: FakeEventStoreDb;
  let database: FreshDatabase;
  let proxy: CuttableProxy;
  let target: Target;
  const running = new Set<ChildService>();

  before(async () => {
    [dir, log, database, target] = await Promise.all([
      passableTempDir('carillon-chaos-'),
      startFakeEventStoreDb(),
      freshDatabase(),
      startTarget(),
    ]);
    proxy = await cuttableProxy(database.url);
  });
  after(async () => {
    await Promise.all([...running].map((service) => service.end('SIGKILL')));
    await proxy.close();
    await target.close();
    log.stop();
    await database.drop();
    await rm(dir, { recursive: true, force: true });
  });

  const start = async (name: string, databaseUrl: string, roles: Parameters<typeof startChildService>[2]) => {
    const settings = {
      ...serviceSettings,
      DATABASE_URL: databaseUrl,
      EVENTSTORE_URL: log.url,
      LOG_LEVEL: 'error',
    };
    const service = await startChildService(path.join(dir, name), settings, roles);
    running.add(service);
    return service;
  };
  const end = async (service: ChildService, signal: NodeJS.Signals) => {
    running.delete(service);
    return service.end(signal);
  };
  const moreCalls = (count: number) => target.receivedAll(target.received.length + count);

  it('fire each slot once, and only what the dead and the frozen ran is lost', async () => {
    const hub = await start('hub', database.url, ['api', 'projections']);
    const api = apiClient(hub.url, tokenOf());
    const cutOff = await start('cut-off', proxy.url, ['engine']);
    const killed = await start('killed', database.url, ['engine']);
    const { body: application } = await api.post('/applications', { name: 'crm' });
    const jobs = await Promise.all(
      Array.from({ length: JOBS }, async (_, index) => {
        const { body } = await api.post('/jobs', {
          applicationId: application.id,
          name: `job ${index}`,
          pattern: '* * * * * *',
          taskType: 'HttpInvokerTask',
          taskConfig: { url: `${target.origin}/echo`, method: 'POST' },
        });
        return body;
      }),
    );
    await moreCalls(3 * JOBS);
    await end(killed, 'SIGKILL');
    const frozen = await start('frozen', database.url, ['engine']);

    proxy.cut();
    await moreCalls(UNTIL_FOUND_DEAD);
    proxy.mend();
    await moreCalls(2 * JOBS);
    frozen.freeze();
    await moreCalls(UNTIL_FOUND_DEAD / 2);
    frozen.thaw();
    await moreCalls(2 * JOBS);
    for (const job of jobs) expect((await api.post(`/jobs/${job.id}/disable`)).status).to.equal(200);
    expect(await Promise.all([cutOff, frozen].map((each) => end(each, 'SIGTERM')))).to.deep.equal([0, 0]);
    await end(hub, 'SIGTERM');

    const left = { databaseUrl: database.url, eventStore: { url: log.url, prefix: 'carillon_' } };
    await audit({ ...left, endedAtMs: Date.now() });
    const calls = target.received.map(({ headers }) => headers['idempotency-key']);
    expect(new Set(calls).size).to.equal(calls.length);
    const engines = enginesIn(await eventsOf(left));
    // The one that was cut off, and on a busy machine one more whose heartbeat came too late.
    expect(engines.beaten).not.to.deep.equal([]);
    expect(engines.lost).not.to.include.members(engines.beaten);
  });
});

/** Engines that beat into the log, and engines that lost an execution. */
const enginesIn = (events: readonly RecordedEvent[]): { beaten: string[]; lost: string[] } => {
  const engineOf = new Map<number, string>();
  const beaten = new Set<string>();
  const lost = new Set<string>();
  for (const event of events) {
    if (event.type === 'EngineHeartbeat') beaten.add(event.data.engineId);
    if (event.type === 'ExecutionStarted') engineOf.set(event.data.executionId, event.data.engineId);
    if (event.type === 'ExecutionFailed' && event.data.reason === 'ENGINE_LOST') {
      lost.add(engineOf.get(event.data.executionId) ?? '');
    }
  }
  return { beaten: [...beaten], lost: [...lost] };
};
