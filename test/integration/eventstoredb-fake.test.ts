import {
  BACKWARDS,
  END,
  EventStoreDBClient,
  type JSONEventType,
  jsonEvent,
  MaxAppendSizeExceededError,
  NO_STREAM,
  type ResolvedEvent,
  START,
  STREAM_EXISTS,
  StreamDeletedError,
  StreamNotFoundError,
  streamNameFilter,
  WrongExpectedVersionError,
} from '@eventstore/db-client';
import { expect } from 'chai';
import { all, refusal } from '../contract/event-store-support.ts';
import { type FakeEventStoreDb, startFakeEventStoreDb } from '../support/eventstoredb/server.ts';

const event = (name: string) => jsonEvent({ type: 'Happened', data: { name } });

const namesOf = (events: readonly ResolvedEvent<JSONEventType>[]): unknown[] =>
  events.map((resolved) => {
    const data = resolved.event?.data;
    return typeof data === 'object' && 'name' in data ? data.name : data;
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

    it('judges what an append expects', async () => {
      const first = await client.appendToStream('s', [event('a'), event('b')], { expectedRevision: NO_STREAM });
      expect(first).to.deep.include({ success: true, nextExpectedRevision: 1n });
      const wrong = await refusal(client.appendToStream('s', event('x'), { expectedRevision: 0n }));
      expect(wrong).to.be.instanceOf(WrongExpectedVersionError).and.to.include({ actualVersion: 1n });
      const absent = await refusal(client.appendToStream('none', event('x'), { expectedRevision: STREAM_EXISTS }));
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

    it('goes on counting after a soft delete, which hides what was before', async () => {
      await client.appendToStream('s', [event('a'), event('b')]);
      await client.deleteStream('s');
      expect(await refusal(all(client.readStream('s')))).to.be.instanceOf(StreamNotFoundError);
      const next = await client.appendToStream('s', event('c'), { expectedRevision: NO_STREAM });
      expect(next.nextExpectedRevision).to.equal(2n);
      expect(await names('s')).to.deep.equal(['c']);
    });

    it('refuses for good what goes to a tombstoned stream', async () => {
      await client.appendToStream('s', event('a'));
      await client.tombstoneStream('s');
      expect(await refusal(client.appendToStream('s', event('b')))).to.be.instanceOf(StreamDeletedError);
      expect(await refusal(all(client.readStream('s')))).to.be.instanceOf(StreamDeletedError);
      expect(await refusal(client.tombstoneStream('s'))).to.be.instanceOf(StreamDeletedError);
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
      expect(await refusal(client.appendToStream('s', big))).to.be.instanceOf(MaxAppendSizeExceededError);
    });

    it('shows events of its own in $all, and how far it has looked past them', async () => {
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
