import { setImmediate } from 'node:timers/promises';
import {
  BACKWARDS,
  END,
  EventStoreDBClient,
  type JSONEventType,
  jsonEvent,
  MaxAppendSizeExceededError,
  NO_STREAM,
  NotLeaderError,
  type ResolvedEvent,
  START,
  STREAM_EXISTS,
  StreamDeletedError,
  StreamNotFoundError,
  streamNameFilter,
  WrongExpectedVersionError,
} from '@eventstore/db-client';
import { expect } from 'chai';
import { all, rejection } from '../../contract/event-store-support.ts';
import { type FakeCluster, startFakeCluster } from '../../support/eventstoredb/cluster.ts';
import { type FakeEventStoreDb, startFakeEventStoreDb } from '../../support/eventstoredb/server.ts';

const event = (name: string) => jsonEvent({ type: 'Happened', data: { name } });

const namesOf = (events: readonly ResolvedEvent<JSONEventType>[]): unknown[] =>
  events.map((resolved) => {
    const data = resolved.event?.data;
    return typeof data === 'object' && 'name' in data ? data.name : data;
  });

describe('a fake cluster of EventStoreDB, to the client as it is', () => {
  let cluster: FakeCluster;
  let client: EventStoreDBClient;
  beforeEach(async () => {
    cluster = await startFakeCluster(3);
    client = EventStoreDBClient.connectionString(cluster.url);
  });
  afterEach(async () => {
    await client.dispose();
    cluster.stop();
  });

  it('sends to its leader, and to another one after an election', async () => {
    await client.appendToStream('s', event('a'));
    cluster.beginElection();
    expect(await rejection(client.appendToStream('s', event('b'))))
      .to.have.property('message')
      .that.includes('Not Ready');
    cluster.elect(1);
    const told = await rejection(all(client.readStream('s', { requiresLeader: true })));
    expect(told)
      .to.be.instanceOf(NotLeaderError)
      .and.to.deep.include({
        leader: { address: '127.0.0.1', port: cluster.node(1).port },
      });
    expect(await all(client.readStream('s', { requiresLeader: true }))).to.have.length(1);
  });

  it('holds what its leader takes while that is cut off, and loses it when that is deposed', async () => {
    const leader = EventStoreDBClient.connectionString(cluster.node(0).url);
    cluster.cutOff(0);
    const held = rejection(leader.appendToStream('s', event('held')));
    while (cluster.node(0).openBatches() === 0) await setImmediate();
    cluster.elect(2);
    const next = EventStoreDBClient.connectionString(cluster.node(2).url);
    await next.appendToStream('s', event('a'));
    await cluster.restart(0);
    expect(await held).to.be.instanceOf(Error);
    expect(namesOf(await all(next.readStream<JSONEventType>('s')))).to.deep.equal(['a']);
    await Promise.all([leader.dispose(), next.dispose()]);
  });
});

for (const batchAppends of [true, false]) {
  describe(`the fake EventStoreDB ${batchAppends ? 'with' : 'without'} batch appends, to the client as it is`, () => {
    let server: FakeEventStoreDb;
    let client: EventStoreDBClient;
    beforeEach(async () => {
      server = await startFakeEventStoreDb({ batchAppends });
      client = EventStoreDBClient.connectionString(server.url);
    });
    afterEach(async () => {
      await client.dispose();
      server.stop();
    });

    const names = async (stream: string) => namesOf(await all(client.readStream<JSONEventType>(stream)));

    it('checks what an append expects', async () => {
      const first = await client.appendToStream('s', [event('a'), event('b')], { expectedRevision: NO_STREAM });
      expect(first).to.deep.include({ success: true, nextExpectedRevision: 1n });
      const wrong = await rejection(client.appendToStream('s', event('x'), { expectedRevision: 0n }));
      expect(wrong).to.be.instanceOf(WrongExpectedVersionError).and.to.include({ actualVersion: 1n });
      const absent = await rejection(client.appendToStream('none', event('x'), { expectedRevision: STREAM_EXISTS }));
      expect(absent).to.be.instanceOf(WrongExpectedVersionError).and.to.include({ actualVersion: 'no_stream' });
      await client.appendToStream('s', event('c'), { expectedRevision: 1n });
      expect(await names('s')).to.deep.equal(['a', 'b', 'c']);
    });

    it('knows an append again by its ids at their place', async () => {
      const append = [event('a'), event('b')];
      await client.appendToStream('s', append, { expectedRevision: NO_STREAM });
      await client.appendToStream('s', event('c'), { expectedRevision: 1n });
      const again = await client.appendToStream('s', append, { expectedRevision: NO_STREAM });
      expect(again).to.deep.include({ success: true, nextExpectedRevision: 1n });
      await client.appendToStream('s', append);
      expect(await names('s')).to.deep.equal(['a', 'b', 'c']);
    });

    it('continues revisions after a soft delete, which hides earlier events', async () => {
      await client.appendToStream('s', [event('a'), event('b')]);
      await client.deleteStream('s');
      expect(await rejection(all(client.readStream('s')))).to.be.instanceOf(StreamNotFoundError);
      const next = await client.appendToStream('s', event('c'), { expectedRevision: NO_STREAM });
      expect(next.nextExpectedRevision).to.equal(2n);
      expect(await names('s')).to.deep.equal(['c']);
    });

    it('rejects permanently what goes to a tombstoned stream', async () => {
      await client.appendToStream('s', event('a'));
      await client.tombstoneStream('s');
      expect(await rejection(client.appendToStream('s', event('b')))).to.be.instanceOf(StreamDeletedError);
      expect(await rejection(all(client.readStream('s')))).to.be.instanceOf(StreamDeletedError);
      expect(await rejection(client.tombstoneStream('s'))).to.be.instanceOf(StreamDeletedError);
    });

    it('hides by metadata, and drops what is hidden only when it is scavenged', async () => {
      await client.appendToStream('s', [event('a'), event('b'), event('c')]);
      await client.setStreamMetadata('s', { truncateBefore: 1 });
      expect(await names('s')).to.deep.equal(['b', 'c']);
      await client.setStreamMetadata('s', { maxCount: 1 });
      expect(await names('s')).to.deep.equal(['c']);
      const inAll = async () =>
        (await all(client.readAll())).filter(({ event: recorded }) => recorded?.streamId === 's').length;
      expect(await inAll()).to.equal(3);
      server.log.scavenge();
      expect(await inAll()).to.equal(1);
    });

    it('takes 1 MiB an append', async () => {
      const big = event('x'.repeat(1_048_576));
      expect(await rejection(client.appendToStream('s', big))).to.be.instanceOf(MaxAppendSizeExceededError);
    });

    it('reads $all from the place of a record alone, and finds nothing beyond its end', async () => {
      const { position } = await client.appendToStream('s', event('a'));
      const commit = position?.commit ?? 0n;
      const from = (place: bigint) =>
        all(client.readAll({ fromPosition: { commit: place, prepare: place }, maxCount: 1 }));
      expect(await from(commit)).to.have.length(1);
      expect(await from(commit + 1_000n)).to.deep.equal([]);
      expect(await rejection(from(commit - 1n)))
        .to.have.property('message')
        .that.includes('InvalidPosition');
    });

    it('cuts a live reader off that falls too far behind', async () => {
      server.faults.mostBehind = 4;
      const subscription = client.subscribeToAll({ fromPosition: START }, { highWaterMark: 1 });
      const failed = new Promise<Error>((resolve) => subscription.on('error', resolve));
      await new Promise((resolve) => subscription.once('caughtUp', resolve));
      while (server.openSubscriptions() > 0) await client.appendToStream('s', event('x'.repeat(500_000)));
      subscription.resume();
      expect((await failed).message).to.include('Consumer too slow');
    });

    it('shows system events in $all, and its progress past them', async () => {
      await client.appendToStream('mine-1', event('a'));
      server.writeSystemEvents(100);
      const backwards = await all(client.readAll({ direction: BACKWARDS, fromPosition: END, maxCount: 1 }));
      expect(backwards[0]?.event?.type).to.equal('$statsCollected');
      const passed = Promise.withResolvers<bigint>();
      const checkpointReached = (_: unknown, { commit }: { commit: bigint }) => passed.resolve(commit);
      const subscription = client.subscribeToAll({
        fromPosition: START,
        filter: streamNameFilter({ prefixes: ['mine-'], checkpointReached }),
      });
      const seen: unknown[] = [];
      subscription.on('data', ({ event: recorded }) => seen.push(recorded?.streamId));
      expect(await passed.promise).to.be.a('bigint');
      expect(seen).to.deep.equal(['mine-1']);
      await subscription.unsubscribe();
    });
  });
}
