import { expect } from 'chai';
import { StreamParked, UnreadableEvent } from '../../src/event-store/errors.ts';
import { decodedOf } from '../../src/event-store/forms.ts';
import { NO_STREAM, type Position, type TextEvent } from '../../src/event-store/port.ts';
import type { Opened } from './event-store.ts';
import {
  all,
  appendOf,
  appendRaw,
  begin,
  eventsIn,
  namesOf,
  read,
  rejection,
  reserved,
} from './event-store-support.ts';

/** A page is bounded in bytes, so that a reader which takes its time holds no more than two. */
const ITEM_LIMIT_CHARACTERS = 9_000_000;

export const subscriptionContract = (opened: () => Opened): void => {
  describe('subscribing', () => {
    it('gives what is there, states that it has caught up, then gives what comes', async () => {
      const { log, store } = opened();
      const other = log.open();
      await begin(store, 'job-1', 'a', 'b');
      await begin(store, 'job-2', 'c');
      const reader = read(store);
      const items = await reader.until('caughtUp');
      expect(namesOf(eventsIn(items))).to.deep.equal(['a', 'b', 'c']);
      expect(items.at(-1)).to.deep.equal({ kind: 'caughtUp', position: await store.end() });
      await begin(store, 'job-3', 'd');
      expect(namesOf(await reader.events(1))).to.deep.equal(['d']);
      await begin(other, 'job-4', 'e');
      expect(namesOf(await reader.events(1))).to.deep.equal(['e']);
      await reader.until('caughtUp');
      const { position } = await store.append(appendOf('job-4', 0, 'f'));
      expect((await reader.until('caughtUp')).at(-1)).to.deep.equal({ kind: 'caughtUp', position });
      await reader.stop();
      await other.close();
    });

    it('delivers the same events as a read', async () => {
      const { store } = opened();
      const reader = read(store);
      await reader.until('caughtUp');
      const { id, metadata: base } = reserved('a');
      const data = { tenant: 'default', name: 'a', ownerId: 1, applicationId: undefined };
      const metadata = { ...base, reason: undefined, causationId: id };
      const events = [{ type: 'NameReserved' as const, data, id, metadata }];
      await store.append({ stream: 'job-1', expectedRevision: NO_STREAM, events });
      await store.append(appendOf('job-1', 0, 'b', 'c'));
      const followed = await reader.events(3);
      await reader.stop();
      expect(followed).to.deep.equal(await all(store.readStream('job-1')));
    });

    it('knows while it follows the log which of its streams are unchanged, and never takes a changed one for it', async () => {
      const { log, store } = opened();
      const other = log.open();
      await begin(store, 'job-1', 'a');
      const reader = read(store);
      await reader.until('caughtUp');
      const { position: first } = await begin(store, 'job-2', 'b');
      const { position: own } = await store.append(appendOf('job-2', 0, 'c'));
      const { position: last } = await begin(store, 'job-3', 'd');
      const unchanged = (stream: string, after: Position, until: Position) =>
        store.isUnchanged(stream, { after, until });
      expect(await unchanged('job-1', first, last)).to.equal(true);
      expect(await unchanged('job-2', own, last)).to.equal(true);
      expect(await unchanged('job-2', first, last)).to.equal(false);
      expect(await unchanged('job-2', first, own)).to.equal(false);
      await begin(other, 'job-4', 'e');
      const { position: later } = await store.append(appendOf('job-3', 0, 'f'));
      expect(await unchanged('job-4', last, later)).to.equal(false);
      await reader.stop();
      await other.close();
    });

    it('reports for a stream that is parked in the place of its event, and continues', async () => {
      const { log, store } = opened();
      await begin(store, 'job-1', 'a');
      await appendRaw(log, { stream: 'job-1', expectedRevision: 0, data: '{}' });
      await begin(store, 'job-2', 'b');
      const reader = read(store);
      const items = await reader.until('caughtUp');
      const told = items.filter(({ kind }) => kind !== 'checkpoint');
      expect(told.map(({ kind }) => kind)).to.deep.equal(['events', 'parked', 'events', 'caughtUp']);
      expect(namesOf(eventsIn(items))).to.deep.equal(['a', 'b']);
      expect(told[1]).to.deep.include({ kind: 'parked' }).and.nested.include({ 'parked.stream': 'job-1' });

      await appendRaw(log, { stream: 'job-3', expectedRevision: NO_STREAM, data: '{}' });
      const later = await reader.until('caughtUp');
      expect(later.map(({ kind }) => kind)).to.include('parked');
      expect(later.at(-1)).to.deep.equal({ kind: 'caughtUp', position: await store.end() });
      await reader.stop();
    });

    it('gives every event verbatim if that is requested, with what is read of it or without', async () => {
      const { log, store } = opened();
      await begin(store, 'job-1', 'a');
      await appendRaw(log, { stream: 'job-1', expectedRevision: 0, data: '{}' });
      const readers = { both: read(store, { as: 'both' }), texts: read(store, { as: 'texts' }) };
      const both = eventsIn(await readers.both.until('caughtUp'));
      const texts = eventsIn(await readers.texts.until('caughtUp'));
      expect(texts.map((event) => event.texts.type)).to.deep.equal(['NameReserved', 'NameReserved']);
      expect(both.map((event) => event.read instanceof StreamParked)).to.deep.equal([false, true]);
      await begin(store, 'job-2', 'b');
      both.push(...(await readers.both.events(1)));
      texts.push(...(await readers.texts.events(1)));
      const placed = (events: readonly TextEvent[]) => events.map((event) => [event.position, event.texts]);
      expect(placed(both)).to.deep.equal(placed(texts));
      expect(both.slice(2).map((event) => event.read)).to.deep.equal(await all(store.readStream('job-2')));
      const inStream = await all(store.readStream('job-2', { as: 'texts' }));
      expect(placed(inStream)).to.deep.equal(placed(texts.slice(2)));
      await Promise.all(Object.values(readers).map((reader) => reader.stop()));
    });

    it('leaves events undecoded if that is requested, which are decoded to the very events that a read gives', async () => {
      const { log, store } = opened();
      const other = log.open();
      await begin(other, 'job-1', 'a');
      await appendRaw(log, { stream: 'job-2', expectedRevision: NO_STREAM, data: '{}' });
      const reader = read(store, { as: 'undecoded' });
      const items = await reader.until('caughtUp');
      const decoded = items.map((item) => (item.kind === 'parked' ? [item.parked] : eventsIn([item]).map(decodedOf)));
      const [first, second] = decoded.flat();
      expect([first]).to.deep.equal(await all(store.readStream('job-1')));
      expect(second).to.be.instanceOf(StreamParked).and.include({ stream: 'job-2' });
      await begin(store, 'job-3', 'own');
      await begin(other, 'job-4', 'of another');
      const later = (await reader.events(2)).map(decodedOf);
      const read3 = await all(store.readStream('job-3'));
      expect(later).to.deep.equal([...read3, ...(await all(store.readStream('job-4')))]);
      await reader.stop();
      await other.close();
    });

    it('states that it has caught up with an empty log, and starts with its first event', async () => {
      const { store } = opened();
      const reader = read(store);
      expect(await reader.until('caughtUp')).to.have.length(1);
      await begin(store, 'job-1', 'a');
      expect(namesOf(await reader.events(1))).to.deep.equal(['a']);
      await reader.stop();
    });

    it('continues after a position', async () => {
      const { store } = opened();
      await begin(store, 'job-1', 'a');
      const { position } = await begin(store, 'job-2', 'b');
      await begin(store, 'job-3', 'c');
      const reader = read(store, { after: position });
      expect(namesOf(eventsIn(await reader.until('caughtUp')))).to.deep.equal(['c']);
      await reader.stop();
      const end = await store.end();
      const idle = read(store, { after: end });
      expect(await idle.until('caughtUp')).to.deep.equal([{ kind: 'caughtUp', position: end }]);
      await idle.stop();
    });

    it('delivers only streams with one of the prefixes, and reports its progress', async () => {
      const { store } = opened();
      await begin(store, 'job-1', 'a');
      await begin(store, 'jobname-1', 'b');
      await begin(store, 'runs-1', 'c');
      const { position } = await begin(store, 'engine-1', 'd');
      const reader = read(store, { streamPrefixes: ['job-', 'runs-'] });
      const items = await reader.until('caughtUp');
      expect(namesOf(eventsIn(items))).to.deep.equal(['a', 'c']);
      expect(items.at(-2)).to.deep.equal({ kind: 'checkpoint', position });
      expect(items.at(-1)).to.deep.equal({ kind: 'caughtUp', position });
      const later = await begin(store, 'engine-2', 'e');
      expect(await reader.until('caughtUp')).to.deep.equal([
        { kind: 'checkpoint', position: later.position },
        { kind: 'caughtUp', position: later.position },
      ]);
      await reader.stop();
    });

    it('reads over many pages without a gap, filtered or not', async () => {
      const { store } = opened();
      const streams = Array.from({ length: 50 }, (_, index) => `${index % 2 === 0 ? 'job' : 'runs'}-${index}`);
      const names = Array.from({ length: 100 }, (_, index) => `${index}`);
      await Promise.all(streams.map((stream) => begin(store, stream, ...names)));
      const whole = read(store);
      const events = eventsIn(await whole.until('caughtUp'));
      await whole.stop();
      expect(events).to.have.length(5_000);
      expect(events.map(({ position }) => position)).to.deep.equal(events.map(({ position }) => position).sort());
      const filtered = read(store, { streamPrefixes: ['job-'] });
      const some = eventsIn(await filtered.until('caughtUp'));
      await filtered.stop();
      expect(some.map(({ id }) => id)).to.deep.equal(
        events.filter(({ stream }) => stream.startsWith('job-')).map(({ id }) => id),
      );
    });

    it('continues where it was when its connection is cut', async () => {
      const { log, store } = opened();
      await begin(store, 'job-1', 'a', 'b');
      const reader = read(store);
      await reader.until('caughtUp');
      await log.cutConnections();
      const other = log.open();
      await begin(other, 'job-2', 'c');
      const seen: (string | undefined)[] = [];
      while (!seen.includes('c')) seen.push(...namesOf(await reader.events(1)));
      expect(seen.filter((name) => name !== 'a' && name !== 'b')).to.deep.equal(['c']);
      await begin(other, 'job-3', 'd');
      expect(namesOf(await reader.events(1))).to.deep.equal(['d']);
      await store.append(appendOf('job-1', 1, 'e'));
      expect(namesOf(await reader.events(1))).to.deep.equal(['e']);
      await reader.stop();
      await other.close();
    });

    it('hands a slow reader bounded helpings', async () => {
      const { store } = opened();
      const big = 'x'.repeat(500_000);
      for (let index = 0; index < 40; index += 2) {
        await begin(store, `runs-${index}`, big, big);
      }
      const reader = read(store);
      const items = await reader.until('caughtUp');
      await reader.stop();
      expect(eventsIn(items)).to.have.length(40);
      for (const item of items) expect(eventsIn([item]).length * big.length).to.be.below(ITEM_LIMIT_CHARACTERS);
    });

    it('lets one reader take its time, who holds up no other and loses nothing', async () => {
      const { store } = opened();
      const [slow, quick] = [read(store, { streamPrefixes: ['runs-'] }), read(store)];
      await Promise.all([slow.until('caughtUp'), quick.until('caughtUp')]);
      const big = 'x'.repeat(500_000);
      const streams = Array.from({ length: 24 }, (_, index) => `runs-${index}`);
      for (const stream of streams) {
        await begin(store, stream, big);
        expect((await quick.events(1)).map((event) => event.stream)).to.deep.equal([stream]);
      }
      expect((await slow.events(streams.length)).map(({ stream }) => stream)).to.deep.equal(streams);
      await begin(store, 'runs-last', 'a');
      for (const reader of [slow, quick]) expect(namesOf(await reader.events(1))).to.deep.equal(['a']);
      await Promise.all([slow.stop(), quick.stop()]);
    });

    it('stops at an event that it must not pass over', async () => {
      const { store } = opened();
      const event = reserved('a');
      const events = [{ ...event, metadata: { ...event.metadata, minReader: 1_000 } }];
      await store.append({ stream: 'job-1', expectedRevision: NO_STREAM, events });
      expect(await rejection(read(store).until('caughtUp'))).to.be.instanceOf(UnreadableEvent);
    });

    it('ends without an error when its signal aborts, immediately or while it waits', async () => {
      const { store } = opened();
      await begin(store, 'job-1', 'a');
      const unread = read(store);
      await unread.stop();
      const waiting = read(store);
      await waiting.until('caughtUp');
      await waiting.stop();
    });
  });
};
