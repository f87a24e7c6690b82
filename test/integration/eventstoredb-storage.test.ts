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
import { type Authority, makeAuthority } from '../support/certificates.ts';
import { type FakeEventStoreDb, startFakeEventStoreDb } from '../support/eventstoredb/server.ts';
import { freePort } from '../support/free-port.ts';
import { type FreshDatabase, freshDatabase } from '../support/postgres.ts';
import { stub } from '../support/stub.ts';
import { silentLog } from '../support/world.ts';

/** Longer than the adapter retries a request, and shorter than a start waits. */
const JUMP_MS = 20_000;

describe('opening a log in EventStoreDB', () => {
  let database: FreshDatabase;
  let server: FakeEventStoreDb;
  const stops: (() => Promise<void>)[] = [];
  let world: Runtime;
  let startWait: StartWait;
  beforeEach(async () => {
    world = nodeRuntime(silentLog);
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

  describe('with a certificate that no wait fixes', () => {
    let authority: Authority;
    let stranger: FakeEventStoreDb;
    before(async () => {
      authority = makeAuthority('an authority that nobody knows');
      stranger = await startFakeEventStoreDb({ tls: authority.issue('eventstoredb') });
    });
    after(() => {
      stranger.stop();
      authority.remove();
    });
    const message = async (url: string): Promise<unknown> => {
      const { message } = Object(await rejection(open(url)));
      expect(startWait.reason()).to.equal('the process is starting');
      return message;
    };

    it('fails immediately and names the setting if the authority is unknown', async () => {
      expect(await message(stranger.url))
        .to.include(`EventStoreDB at 127.0.0.1:${stranger.port} (EVENTSTORE_URL)`)
        .and.to.include('its authority is unknown. Set tlsCAFile');
    });

    it('does so with several hosts, for which the client reports no reason', async () => {
      const hosts = `127.0.0.1:${stranger.port},127.0.0.1:${stranger.port}`;
      expect(await message(`esdb://user:hunter2@${hosts}?tls=true`))
        .to.include('its authority is unknown')
        .and.not.to.include('hunter2');
    });

    it('fails immediately if the server uses no TLS', async () => {
      expect(await message(server.url.replace('tls=false', 'tls=true'))).to.include(
        "doesn't use TLS. Add tls=false to EVENTSTORE_URL",
      );
    });

    it('finds it out after the server was started, while the start waits', async () => {
      const waits = Promise.withResolvers<void>();
      let jumpedMs = 0;
      const hear = ({ error }: LogFields): void => {
        waits.resolve();
        if (error instanceof Error && error.message.includes('certificate')) jumpedMs = JUMP_MS;
      };
      const real = nodeRuntime({ ...silentLog, warn: hear, debug: hear });
      world = { ...real, clock: { ...real.clock, monotonic: () => real.clock.monotonic() + jumpedMs } };
      startWait = createStartWait(world);
      const port = await freePort();
      const opening = message(`esdb://127.0.0.1:${port}?tls=true`);
      await waits.promise;
      const late = await startFakeEventStoreDb({ port, tls: authority.issue('eventstoredb') });
      expect(await opening).to.include('its authority is unknown');
      late.stop();
    });
  });
});
