import { expect } from 'chai';
import { StreamDeleted, WrongExpectedRevision } from '../../src/event-store/errors.ts';
import { NO_STREAM } from '../../src/event-store/port.ts';
import type { Opened } from './event-store.ts';
import { all, appendOf, begin, eventsIn, nameOf, namesOf, read, rejection } from './event-store-support.ts';

export const cutContract = (opened: () => Opened): void => {
  describe('cutting', () => {
    it('cuts what is before a revision, for readers of the stream and of the log', async () => {
      const { log, store } = opened();
      await begin(store, 'runs-1', 'a', 'b', 'c', 'd');
      await store.truncateBefore('runs-1', 2);
      expect(namesOf(await all(store.readStream('runs-1')))).to.deep.equal(['c', 'd']);
      expect(namesOf(await all(store.readStream('runs-1', { direction: 'backwards' })))).to.deep.equal(['d', 'c']);
      if (await log.scavenge()) {
        const reader = read(store);
        expect(namesOf(eventsIn(await reader.until('caughtUp')))).to.deep.equal(['c', 'd']);
        await reader.stop();
      }
      expect((await store.append(appendOf('runs-1', 3, 'e'))).revision).to.equal(4);
    });

    it('never cuts the last event', async () => {
      const { store } = opened();
      await begin(store, 'runs-1', 'a', 'b');
      await store.truncateBefore('runs-1', 99);
      expect(namesOf(await all(store.readStream('runs-1')))).to.deep.equal(['b']);
      await store.truncateBefore('runs-1', 0);
      await store.truncateBefore('runs-2', 5);
      expect((await store.append(appendOf('runs-1', 1, 'c'))).revision).to.equal(2);
      expect((await begin(store, 'runs-2', 'a', 'b')).revision).to.equal(1);
      expect(namesOf(await all(store.readStream('runs-2')))).to.deep.equal(['a', 'b']);
    });

    it('takes a repeated append for what it is when some of it was cut', async () => {
      const { store } = opened();
      const append = appendOf('runs-1', NO_STREAM, 'a', 'b');
      const first = await store.append(append);
      await store.truncateBefore('runs-1', 1);
      expect(await store.append(append)).to.deep.equal(first);
      expect(await rejection(begin(store, 'runs-1', 'a', 'b'))).to.be.instanceOf(WrongExpectedRevision);
    });

    it('keeps only the last event from then on, of what is there and of what comes', async () => {
      const { log, store } = opened();
      await begin(store, 'keys-1-1', 'a', 'b');
      await store.keepLast('keys-1-1');
      expect(namesOf(await all(store.readStream('keys-1-1')))).to.deep.equal(['b']);
      await Promise.all([
        store.append(appendOf('keys-1-1', 1, 'c', 'd')),
        store.append(appendOf('keys-1-1', 3, 'e')),
        begin(store, 'runs-1', 'f'),
      ]);
      expect((await store.readLast(['keys-1-1'])).map(nameOf)).to.deep.equal(['e']);
      if (!(await log.scavenge())) return;
      const reader = read(store);
      const names = namesOf(eventsIn(await reader.until('caughtUp')));
      await reader.stop();
      expect(names).to.have.members(['e', 'f']);
    });

    it('rejects by its revision what is out of reach of a stream that was not deleted', async () => {
      const { store } = opened();
      await begin(store, 'keys-1-1', 'a');
      for (const stream of ['keys-1-1', 'keys-1-2']) {
        const outOfReach = appendOf(stream, 2_000_000_000, 'b');
        expect(await rejection(store.append(outOfReach))).to.be.instanceOf(WrongExpectedRevision);
      }
    });

    it('accept keeping only the last event before there is one', async () => {
      const { store } = opened();
      await store.keepLast('keys-1-1');
      await begin(store, 'keys-1-1', 'a', 'b');
      expect(namesOf(await all(store.readStream('keys-1-1')))).to.deep.equal(['b']);
    });

    it('deletes a stream permanently', async () => {
      const { log, store } = opened();
      const append = appendOf('keys-1-1', NO_STREAM, 'a', 'b');
      const { position } = await store.append(append);
      await store.deleteStream('keys-1-1');
      expect(await all(store.readStream('keys-1-1'))).to.deep.equal([]);
      expect(await store.readLast(['keys-1-1'])).to.deep.equal([undefined]);
      if (await log.scavenge()) expect(await store.readAt(position)).to.equal(undefined);
      const outOfReach = appendOf('keys-1-1', 2_000_000_000, 'c');
      for (const again of [append, appendOf('keys-1-1', 1, 'c'), appendOf('keys-1-1', NO_STREAM, 'c'), outOfReach]) {
        expect(await rejection(store.append(again))).to.be.instanceOf(StreamDeleted);
      }
    });

    it('never lets its end go back, nor gives a position twice', async () => {
      const { log, store } = opened();
      await begin(store, 'runs-1', 'a');
      const { position } = await begin(store, 'keys-1-1', 'b', 'c');
      await store.deleteStream('keys-1-1');
      await log.scavenge();
      const end = await store.end();
      expect(end).to.satisfy((at: string) => at >= position);
      const reader = read(store);
      expect((await reader.until('caughtUp')).at(-1)).to.deep.equal({ kind: 'caughtUp', position: end });
      await reader.stop();
      const next = await begin(store, 'runs-2', 'd');
      expect(next.position).to.satisfy((at: string) => end !== undefined && at > end);
      const last = await all(store.readStream('runs-2'));
      const before = await all(store.readStream('runs-1'));
      expect(last[0]?.recordedAt).to.be.at.least(before[0]?.recordedAt ?? Number.POSITIVE_INFINITY);
    });

    it('continues its positions after all of it was deleted', async () => {
      const { log, store } = opened();
      const { position } = await begin(store, 'keys-1-1', 'a');
      await store.deleteStream('keys-1-1');
      const other = log.open();
      expect((await begin(other, 'runs-1', 'b')).position > position).to.equal(true);
      await other.close();
    });
  });
};
