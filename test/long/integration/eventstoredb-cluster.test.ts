import { expect } from 'chai';
import { createEventStoreDbStore } from '../../../src/event-store/eventstoredb/store.ts';
import type { EventStore } from '../../../src/event-store/port.ts';
import { passing, until } from '../../contract/event-store-eventstoredb-log.ts';
import { all, begin, contractCodec, namesOf } from '../../contract/event-store-support.ts';
import { type FakeCluster, startFakeCluster } from '../../support/eventstoredb/cluster.ts';
import { type ManualWorld, manualWorld } from '../../support/world.ts';

describe('event store: eventstoredb in a cluster', () => {
  let world: ManualWorld;
  let cluster: FakeCluster;
  let store: EventStore;
  beforeEach(async () => {
    world = manualWorld();
    cluster = await startFakeCluster(3, { timers: world.timers });
    store = createEventStoreDbStore({
      connectionString: cluster.url,
      prefix: 'contract_',
      codec: contractCodec,
      world,
    });
  });
  afterEach(async () => {
    await store.close();
    cluster.stop();
  });

  for (const fault of ['notReady', 'noLeader'] as const) {
    it(`looks for another leader if a node reports it in its response: ${fault}`, async () => {
      await begin(store, 'runs-1', 'a');
      cluster.elect(1);
      Object.assign(cluster.node(0).faults, { leader: undefined, [fault]: true });
      expect((await passing(world, begin(store, 'runs-2', 'b'))).revision).to.equal(0);
      expect(cluster.node(1).openBatches()).to.equal(1);
    });
  }

  it('appends and reads on through an election, by one request each', async () => {
    await begin(store, 'runs-1', 'a');
    cluster.beginElection();
    const appended = begin(store, 'runs-2', 'b');
    const read = all(store.readStream('runs-1'));
    await passing(world, world.timers.sleep(4_000));
    cluster.elect(2);
    expect((await passing(world, appended)).revision).to.equal(0);
    expect(namesOf(await passing(world, read))).to.deep.equal(['a']);
    const lines = world.lines.filter(({ level }) => level !== 'debug');
    expect(lines.map(({ message }) => message)).to.deep.equal([
      'the log is unavailable; retrying until it responds',
      'the log is available again',
    ]);
  });

  it('leaves a leader that is cut off, and makes there what that one never replicated', async () => {
    await begin(store, 'runs-1', 'a');
    cluster.cutOff(0);
    const appended = begin(store, 'runs-2', 'b');
    await until(() => world.pendingTimers() > 2);
    cluster.elect(1);
    await cluster.restart(0);
    await passing(world, appended);
    expect(namesOf(await all(store.readStream('runs-2')))).to.deep.equal(['b']);
  });
});
