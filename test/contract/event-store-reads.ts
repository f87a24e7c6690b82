import { expect } from 'chai';
import { StreamParked, UnreadableEvent } from '../../src/event-store/errors.ts';
import { NO_STREAM, positionOf, type ReadOptions } from '../../src/event-store/port.ts';
import { lastEventOf } from '../../src/event-store/read-log.ts';
import type { Opened } from './event-store.ts';
import {
  all,
  appendOf,
  appendRaw,
  begin,
  contractCodec,
  nameOf,
  namesOf,
  rejection,
  reserved,
} from './event-store-support.ts';

export const readContract = (opened: () => Opened): void => {
  describe('reading', () => {
    it('returns appended events with their revision and position', async () => {
      const { store } = opened();
      const event = reserved('a');
      const { position } = await store.append({ stream: 'job-1', expectedRevision: NO_STREAM, events: [event] });
      const [found] = await all(store.readStream('job-1'));
      const { recordedAt, ...rest } = found ?? { recordedAt: undefined };
      expect(rest).to.deep.equal({ ...event, stream: 'job-1', revision: 0, position });
      expect(recordedAt).to.be.a('number');
    });

    it('reads a stream forwards and backwards, from a revision, up to a limit', async () => {
      const { store } = opened();
      await begin(store, 'job-1', 'a', 'b', 'c', 'd');
      const names = async (options: ReadOptions) => namesOf(await all(store.readStream('job-1', options))).join('');
      expect(await names({})).to.equal('abcd');
      expect(await names({ from: 2 })).to.equal('cd');
      expect(await names({ from: 1, limit: 2 })).to.equal('bc');
      expect(await names({ direction: 'backwards' })).to.equal('dcba');
      expect(await names({ direction: 'backwards', from: 2, limit: 2 })).to.equal('cb');
      expect(await names({ from: 4 })).to.equal('');
      expect(await names({ direction: 'backwards', from: 9, limit: 1 })).to.equal('d');
    });

    it('reads a stream that is longer than a page, and can be left on the way', async () => {
      const { store } = opened();
      const names = Array.from({ length: 2_500 }, (_, index) => `${index}`);
      await begin(store, 'job-1', ...names.slice(0, 1_250));
      await store.append(appendOf('job-1', 1_249, ...names.slice(1_250)));
      expect(namesOf(await all(store.readStream('job-1')))).to.deep.equal(names);
      for await (const event of store.readStream('job-1', { direction: 'backwards' })) {
        if (event.revision === 2_490) break;
      }
      expect(await all(store.readStream('job-1', { limit: 1 }))).to.have.length(1);
    });

    it('closes although reads were left on the way', async () => {
      const { store, log } = opened();
      const names = Array.from({ length: 2_500 }, (_, index) => `${index}`);
      await begin(store, 'job-1', ...names);
      const other = log.open();
      const signal = new AbortController().signal;
      const left = [other.readStream('job-1'), other.subscribe({ signal })].map((each) => each[Symbol.asyncIterator]());
      for (const each of left) await each.next();
      await all(other.readStream('job-1'));
      await other.close();
    });

    it('finds nothing in a stream that is not there', async () => {
      const { store } = opened();
      expect(await all(store.readStream('job-1'))).to.deep.equal([]);
      expect(await all(store.readStream('job-1', { direction: 'backwards', limit: 1 }))).to.deep.equal([]);
    });

    it('gives the last events of streams in the order they were requested', async () => {
      const { store } = opened();
      await begin(store, 'job-1', 'a', 'b');
      await begin(store, 'job-2', 'c');
      const last = await store.readLast(['job-2', 'job-3', 'job-1', 'job-2']);
      expect(last.map(nameOf)).to.deep.equal(['c', undefined, 'b', 'c']);
      expect(await store.readLast([])).to.deep.equal([]);
    });

    it('knows its end, and the event at a position', async () => {
      const { store } = opened();
      expect(await store.end()).to.equal(undefined);
      const append = appendOf('job-1', NO_STREAM, 'a', 'b');
      const { position } = await store.append(append);
      expect(await store.end()).to.equal(position);
      expect((await store.readAt(position))?.id).to.equal(append.events[1]?.id);
      // Inside the log a place where no record begins may be an error; beyond its end there is nothing.
      expect(await store.readAt(positionOf(BigInt(position) + 9_999_999n))).to.equal(undefined);
    });

    it('passes over what it does not know, if that is allowed', async () => {
      const { log, store } = opened();
      const newer = log.open({
        codec: { ...contractCodec, encode: (event) => ({ ...contractCodec.encode(event), type: 'Tomorrow' }) },
      });
      await begin(newer, 'job-1', 'unknown');
      await store.append(appendOf('job-1', 0, 'known'));
      const passedOver: number[] = [];
      const onPassedOver = (revision: number) => void passedOver.push(revision);
      expect(namesOf(await all(store.readStream('job-1', { onPassedOver })))).to.deep.equal(['known']);
      expect(passedOver).to.deep.equal([0]);
      expect(await newer.readLast(['job-1']).then((last) => last.map(nameOf))).to.deep.equal(['known']);
      await newer.close();
    });

    it('stops at an event that requests a newer reader', async () => {
      const { store } = opened();
      const event = reserved('a');
      const events = [{ ...event, metadata: { ...event.metadata, minReader: 1_000 } }];
      await store.append({ stream: 'job-1', expectedRevision: NO_STREAM, events });
      expect(await rejection(all(store.readStream('job-1')))).to.be.instanceOf(UnreadableEvent);
    });

    for (const data of ['{}', '{"name', 'null']) {
      it(`parks a stream with an event that states ${data}, and reads on`, async () => {
        const { log, store } = opened();
        await begin(store, 'job-1', 'a', 'b');
        await appendRaw(log, { stream: 'job-1', expectedRevision: 1, data });
        await begin(store, 'job-2', 'c');
        const [parked, other] = await store.readLast(['job-1', 'job-2']);
        expect(parked).to.be.instanceOf(StreamParked).and.include({ stream: 'job-1', revision: 2 });
        expect(nameOf(other)).to.equal('c');
        expect(await rejection(lastEventOf(store, 'job-1'))).to.deep.include({ code: 'STREAM_PARKED' });

        const read: unknown[] = [];
        const reading = async () => {
          for await (const event of store.readStream('job-1')) read.push(nameOf(event));
        };
        expect(await rejection(reading())).to.be.instanceOf(StreamParked);
        expect(read).to.deep.equal(['a', 'b']);

        await store.append(appendOf('job-1', 2, 'd'));
        expect(nameOf(await lastEventOf(store, 'job-1'))).to.equal('d');
      });
    }
  });
};
