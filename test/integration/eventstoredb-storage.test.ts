import { expect } from 'chai';
import { withCommonTime } from '../../src/compose/core.ts';
import type { Base } from '../../src/compose/shared.ts';
import { createStartWait, openStorage, type StartWait } from '../../src/compose/storage.ts';
import { loadConfig } from '../../src/config.ts';
import { eventStoreDb } from '../../src/event-store/log-kinds.ts';
import { nodeRuntime } from '../../src/runtime/node-runtime.ts';
import type { LogFields, Runtime } from '../../src/runtime/runtime.ts';
import { createMetrics } from '../../src/telemetry/metrics.ts';
import { rejection } from '../contract/event-store-support.ts';
import { makeAuthority } from '../support/certificates.ts';
import { type FakeEventStoreDb, startFakeEventStoreDb } from '../support/eventstoredb/server.ts';
import { type FreshDatabase, freshDatabase } from '../support/postgres.ts';
import { stub } from '../support/stub.ts';
import { silentLog } from '../support/world.ts';

/** Longer than a start waits. */
const JUMP_MS = 120_000;

/**
 * A world whose clock jumps when the log says that a certificate was rejected, so that the wait ends then. A handshake may
 * take longer than any limit in real time on a busy machine.
 */
const impatientWorld = (): Runtime => {
  let jumpedMs = 0;
  const jumpIf = ({ error }: LogFields): void => {
    if (error instanceof Error && error.message.includes('certificate')) jumpedMs += JUMP_MS;
  };
  const real = nodeRuntime({ ...silentLog, debug: jumpIf, warn: jumpIf });
  return { ...real, clock: { ...real.clock, monotonic: () => real.clock.monotonic() + jumpedMs } };
};

describe('opening a log in EventStoreDB', () => {
  let database: FreshDatabase;
  let server: FakeEventStoreDb;
  const stops: (() => Promise<void>)[] = [];
  let world: Runtime;
  let startWait: StartWait;
  beforeEach(async () => {
    world = impatientWorld();
    startWait = createStartWait(world);
    database = await freshDatabase();
    server = await startFakeEventStoreDb();
  });
  afterEach(async () => {
    for (const stop of stops.splice(0).reverse()) await stop();
    server.stop();
    await database.drop();
  });

  const open = async (url = server.url) =>
    openStorage(
      stub<Base>({
        otherEngines: undefined,
        logKind: eventStoreDb,
        logAdapter: await eventStoreDb.load(),
        config: { ...loadConfig({}), databaseUrl: database.url, eventStore: { url, prefix: 'carillon_' } },
        world: withCommonTime(world),
        metrics: createMetrics(),
        startWait,
        showPool: () => {},
        onStop: (stop) => void stops.push(stop),
      }),
    );

  it('fails immediately, with what to do, if the user must not read $all or is not known', async () => {
    server.faults.denied = '$all';
    expect(await rejection(open()))
      .to.have.property('message')
      .that.includes('EventStoreDB does not allow this user to read $all');
    server.faults.denied = undefined;
    server.faults.unknownUser = true;
    expect(await rejection(open()))
      .to.have.property('message')
      .that.includes('user or password');
  });

  it('reports for a server whose certificate is not trusted that this is why it waits', async () => {
    const authority = makeAuthority('an authority that nobody knows');
    const stranger = await startFakeEventStoreDb({ tls: authority.issue('eventstoredb') });
    const rejected = await rejection(open(stranger.url));
    stranger.stop();
    authority.remove();
    expect(rejected).to.have.property('message').which.includes('certificate');
    expect(startWait.reason()).to.include('certificate');
  });
});
