import { expect } from 'chai';
import {
  AppendTooLarge,
  AppendUnconfirmed,
  EventStoreClosed,
  InvalidAppend,
  StreamDeleted,
  WrongExpectedRevision,
} from '../../src/event-store/errors.ts';
import { type Append, comparePositions, NO_STREAM } from '../../src/event-store/port.ts';
import { appendEachOf } from '../support/memory-store.ts';
import type { Opened } from './event-store.ts';
import { all, appendOf, begin, nameOf, namesOf, rejection, reserved } from './event-store-support.ts';

export const appendContract = (opened: () => Opened): void => {
  describe('appending', () => {
    it('takes events at the revision that the stream is at', async () => {
      const { store } = opened();
      const first = await begin(store, 'job-1', 'a', 'b');
      const second = await store.append(appendOf('job-1', 1, 'c'));
      expect([first.revision, second.revision]).to.deep.equal([1, 2]);
      expect(comparePositions(first.position, second.position)).to.be.below(0);
      expect(namesOf(await all(store.readStream('job-1')))).to.deep.equal(['a', 'b', 'c']);
    });

    for (const [expected, what] of [
      [NO_STREAM, 'none'],
      [0, 'an earlier one'],
      [7, 'a later one'],
    ] as const) {
      it(`rejects an append that expects ${what}, and states where the stream is`, async () => {
        const { store } = opened();
        await begin(store, 'job-1', 'a', 'b');
        const error = await rejection(store.append(appendOf('job-1', expected, 'x')));
        expect(error).to.be.instanceOf(WrongExpectedRevision).and.to.include({ stream: 'job-1', expected, actual: 1 });
        expect(namesOf(await all(store.readStream('job-1')))).to.deep.equal(['a', 'b']);
      });
    }

    it('rejects an append to a stream that is not there, at any revision but none', async () => {
      const error = await rejection(opened().store.append(appendOf('job-1', 0, 'x')));
      expect(error).to.be.instanceOf(WrongExpectedRevision).and.to.include({ actual: NO_STREAM });
    });

    it('lets one of two claimants win, in one process and in two', async () => {
      const { log, store } = opened();
      const other = log.open();
      const responses = await Promise.all([
        rejection(begin(store, 'runs-1', 'a')),
        rejection(begin(store, 'runs-1', 'a')),
        rejection(begin(other, 'runs-1', 'a')),
      ]);
      expect(responses.filter((response) => response instanceof WrongExpectedRevision)).to.have.length(2);
      expect(await all(store.readStream('runs-1'))).to.have.length(1);
      await other.close();
    });

    it('returns the first result for a repeated append, even after later ones', async () => {
      const { log, store } = opened();
      const append = appendOf('runs-1', NO_STREAM, 'a', 'b');
      const first = await store.append(append);
      expect(await store.append(append)).to.deep.equal(first);
      await store.append(appendOf('runs-1', 1, 'c'));
      const other = log.open();
      expect(await other.append(append)).to.deep.equal(first);
      expect(await all(store.readStream('runs-1'))).to.have.length(3);
      await other.close();
    });

    it('returns one result for two simultaneous equal appends', async () => {
      const { store } = opened();
      const append = appendOf('runs-1', NO_STREAM, 'a');
      const [first, second] = await Promise.all([store.append(append), store.append(append)]);
      expect(first).to.deep.equal(second);
      expect(await all(store.readStream('runs-1'))).to.have.length(1);
    });

    it('takes no other append for a repeated one', async () => {
      const { store } = opened();
      const append = appendOf('runs-1', NO_STREAM, 'a', 'b');
      await store.append(append);
      const [first] = append.events;
      const mixed = { ...append, events: [...(first ? [first] : []), reserved('b')] };
      expect(await rejection(store.append(mixed))).to.be.instanceOf(WrongExpectedRevision);
      const longer = { ...append, events: [...append.events, reserved('c')] };
      expect(await rejection(store.append(longer))).to.be.instanceOf(WrongExpectedRevision);
      expect(await rejection(begin(store, 'runs-1', 'a', 'b'))).to.be.instanceOf(WrongExpectedRevision);
    });

    it('checks appends to one stream that wait together one after another, each whole', async () => {
      const { store } = opened();
      const responses = await Promise.all([
        rejection(begin(store, 'runs-1', 'a', 'b')),
        rejection(store.append(appendOf('runs-1', 1, 'c'))),
        rejection(store.append(appendOf('runs-1', 1, 'lost', 'lost'))),
        rejection(store.append(appendOf('runs-1', 2, 'd'))),
        rejection(begin(store, 'runs-2', 'e')),
      ]);
      expect(responses.map((response) => response instanceof WrongExpectedRevision)).to.deep.equal([
        false,
        false,
        true,
        false,
        false,
      ]);
      expect(namesOf(await all(store.readStream('runs-1')))).to.deep.equal(['a', 'b', 'c', 'd']);
    });

    it('makes appends in order, and succeeds again if they are repeated', async () => {
      const { store } = opened();
      const appends = [appendOf('job-1', NO_STREAM, 'a'), appendOf('runs-1', NO_STREAM, 'b', 'c')];
      const told: string[] = [];
      const made = await store.appendInOrder(appends, ({ stream }) => told.push(stream));
      expect(told).to.deep.equal(['job-1', 'runs-1']);
      expect(made.map(({ revision }) => revision)).to.deep.equal([0, 1]);
      expect([...made].sort((a, b) => comparePositions(a.position, b.position))).to.deep.equal(made);
      await store.append(appendOf('runs-1', 1, 'd'));
      expect(await store.appendInOrder(appends)).to.deep.equal(made);
      expect(namesOf(await all(store.readStream('runs-1')))).to.deep.equal(['b', 'c', 'd']);
    });

    it('makes nothing of appends in order after one that loses', async () => {
      const { store } = opened();
      await begin(store, 'runs-1', 'a');
      const lost = [
        appendOf('job-1', NO_STREAM, 'b'),
        appendOf('runs-1', NO_STREAM, 'lost'),
        appendOf('runs-2', NO_STREAM, 'c'),
      ];
      const told: string[] = [];
      const note = ({ stream }: Append) => told.push(stream);
      const [made, alone] = await Promise.all([store.appendInOrder(lost, note), begin(store, 'runs-3', 'd')]);
      expect(told).to.deep.equal(['job-1']);
      expect([made.map(({ revision }) => revision), alone.revision]).to.deep.equal([[0], 0]);
      const streams = ['job-1', 'runs-1', 'runs-2', 'runs-3'];
      expect((await store.readLast(streams)).map(nameOf)).to.deep.equal(['b', 'a', undefined, 'd']);
    });

    it('makes each of several appends, whatever becomes of the others', async function () {
      const { log, store } = opened();
      const { appendEach } = store;
      if (appendEach === undefined) return this.skip();
      await begin(store, 'runs-2', 'a');
      await begin(store, 'runs-4', 'a');
      await store.deleteStream('runs-4');
      const appends = [
        appendOf('runs-1', NO_STREAM, 'b', 'c'),
        appendOf('runs-2', NO_STREAM, 'lost'),
        { stream: 'runs-3', expectedRevision: NO_STREAM, events: [{ ...reserved('x'), id: 'none' }] },
        appendOf('runs-4', 0, 'lost'),
        appendOf('runs-5', NO_STREAM, 'ü'.repeat(600 * 1024)),
        appendOf('runs-6', NO_STREAM, 'd'),
      ];
      const responses = await appendEach(appends);
      const [first, lost, invalid, deleted, large, last] = responses;
      expect(
        [first, last].map((response) => response !== undefined && 'revision' in response && response.revision),
      ).to.eql([1, 0]);
      expect(lost).to.be.instanceOf(WrongExpectedRevision).and.to.include({ stream: 'runs-2', actual: 0 });
      expect(invalid).to.be.instanceOf(InvalidAppend);
      expect(deleted).to.be.instanceOf(StreamDeleted);
      expect(large).to.be.instanceOf(AppendTooLarge);
      const streams = ['runs-1', 'runs-2', 'runs-3', 'runs-6'];
      expect((await store.readLast(streams)).map(nameOf)).to.deep.equal(['c', 'a', undefined, 'd']);
      const other = log.open();
      await other.append(appendOf('runs-6', 0, 'e'));
      const again = await appendEachOf(other)(appends);
      expect([again[0], again[5]]).to.deep.equal([first, last]);
      expect(namesOf(await all(store.readStream('runs-6')))).to.deep.equal(['d', 'e']);
      expect(await appendEachOf(other)([])).to.deep.equal([]);
      await other.close();
    });

    it('reports that appends were not answered, and takes the very same ones again', async function () {
      const { log, store } = opened();
      const { appendEach } = store;
      if (appendEach === undefined) return this.skip();
      await begin(store, 'runs-1', 'a');
      const speak = await log.silence();
      const appends = [appendOf('runs-1', 0, 'b'), appendOf('runs-2', NO_STREAM, 'c')];
      const response = rejection(appendEach(appends));
      await log.passDeadline();
      expect(await response).to.be.instanceOf(AppendUnconfirmed);
      await speak();
      expect((await appendEach(appends)).map((each) => 'revision' in each && each.revision)).to.eql([1, 0]);
      expect(namesOf(await all(store.readStream('runs-1')))).to.deep.equal(['a', 'b']);
    });

    it('reports it if one of several appends in order went to a deleted stream', async () => {
      const { store } = opened();
      await begin(store, 'keys-1-1', 'a');
      await store.deleteStream('keys-1-1');
      const appends = [appendOf('job-1', NO_STREAM, 'b'), appendOf('keys-1-1', 0, 'lost')];
      expect(await rejection(store.appendInOrder(appends))).to.be.instanceOf(StreamDeleted);
    });

    it('makes the appends of a process in the order of their calls, from its first one on', async () => {
      const store = opened().log.open();
      const responses: ReturnType<typeof begin>[] = [];
      for (let call = 0; call < 300; call++) {
        responses.push(begin(store, `runs-${call}`, 'a'));
        // One microtask each, so that some are called while the connection for appends opens.
        await undefined;
      }
      const positions = (await Promise.all(responses)).map(({ position }) => position);
      expect(positions).to.deep.equal(positions.toSorted(comparePositions));
      await store.close();
    });

    it('appends many events at the same time, in order and side by side in the log', async () => {
      const { store } = opened();
      const names = Array.from({ length: 1_000 }, (_, index) => `event ${index}`);
      await begin(store, 'runs-1', ...names);
      const events = await all(store.readStream('runs-1'));
      expect(namesOf(events)).to.deep.equal(names);
      expect(events.map(({ revision }) => revision)).to.deep.equal(names.map((_, index) => index));
    });

    it('never lets the time of recording go back along the log', async () => {
      const { store } = opened();
      for (let revision = NO_STREAM; revision < 5; revision++) await store.append(appendOf('runs-1', revision, 'x'));
      const times = (await all(store.readStream('runs-1'))).map(({ recordedAt }) => recordedAt);
      expect(times).to.deep.equal([...times].sort((a, b) => a - b));
      expect(times.every((time) => Number.isInteger(time))).to.equal(true);
    });

    it('takes an event of 900 KiB and rejects an append of more than 1 MiB', async () => {
      const { store } = opened();
      const big = 'ü'.repeat((900 * 1024) / 2 - 500);
      await begin(store, 'runs-1', big);
      expect(namesOf(await all(store.readStream('runs-1')))).to.deep.equal([big]);
      const error = await rejection(store.append(appendOf('runs-1', 0, big, big)));
      expect(error).to.be.instanceOf(AppendTooLarge).and.to.include({ stream: 'runs-1' });
      expect((await store.append(appendOf('runs-1', 0, 'small'))).revision).to.equal(1);
    });

    for (const [what, text] of [
      ['letters of all scripts', 'ñ 漢字 👩‍👩‍👧 \u202E'],
      ['NUL and control characters', 'a\u0000b\u0001\u001f\u007f'],
      ['halves of surrogate pairs', 'a\ud800b\udfff'],
      ['quotes, backslashes and braces', '"\\\'{},\\u0000 NULL'],
    ] as const) {
      it(`keeps ${what}`, async () => {
        const { store } = opened();
        await begin(store, 'runs-1', text);
        expect(namesOf(await all(store.readStream('runs-1')))).to.deep.equal([text]);
      });
    }

    it('rejects what no log could hold, without harm to others', async () => {
      const { store } = opened();
      const responses = await Promise.all([
        rejection(begin(store, 'runs-\u0000', 'a')),
        rejection(begin(store, 'runs-\ud800', 'a')),
        rejection(begin(store, 'runs-1')),
        rejection(store.append({ stream: 'runs-1', expectedRevision: -1, events: [{ ...reserved('a'), id: 'none' }] })),
        begin(store, 'runs-2', 'a'),
      ]);
      expect(responses.map((response) => response instanceof InvalidAppend)).to.deep.equal([
        true,
        true,
        true,
        true,
        false,
      ]);
    });

    it('rejects an event that is not what its schema states, with all that is appended beside it', async () => {
      const { store } = opened();
      const events = [reserved('good'), reserved('bad', Number.NaN)];
      const error = await rejection(store.append({ stream: 'job-1', expectedRevision: NO_STREAM, events }));
      expect(error).to.be.instanceOf(InvalidAppend).and.to.have.property('message').that.includes('ownerId');
      expect(await store.end()).to.equal(undefined);
    });

    it('reports that an append was not answered, and takes the very same one again', async () => {
      const { log, store } = opened();
      await begin(store, 'runs-1', 'a');
      const speak = await log.silence();
      const append = appendOf('runs-1', 0, 'b');
      const response = rejection(store.append(append));
      await log.passDeadline();
      expect(await response)
        .to.be.instanceOf(AppendUnconfirmed)
        .and.to.include({ stream: 'runs-1' });
      await speak();
      expect((await store.append(append)).revision).to.equal(1);
      expect(namesOf(await all(store.readStream('runs-1')))).to.deep.equal(['a', 'b']);
    });

    it('takes nothing once it is closed', async () => {
      const { log } = opened();
      const store = log.open();
      const requestInProgress = begin(store, 'runs-1', 'a');
      await store.close();
      expect((await requestInProgress).revision).to.equal(0);
      expect(await rejection(store.append(appendOf('runs-1', 0, 'b')))).to.be.instanceOf(EventStoreClosed);
      await store.close();
    });
  });
};
