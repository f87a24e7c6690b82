import { Readable } from 'node:stream';
import { expect } from 'chai';
import { type Chunk, chunksOf } from '../../../../src/event-store/eventstoredb/stream-reads.ts';
import { settle } from '../../../support/world.ts';

const never = new AbortController().signal;

/** A stream that says how much was taken of it. */
const counting = (count: number) => {
  let taken = 0;
  const stream = new Readable({
    objectMode: true,
    highWaterMark: 16,
    read() {
      this.push(taken < count ? ++taken : null);
    },
  });
  return { stream, taken: () => taken };
};

describe('chunks of a stream', () => {
  it('gives every item once, in order, in helpings of sixteen at most', async () => {
    const chunks: Chunk<number>[] = [];
    for await (const chunk of chunksOf<number>(counting(100).stream, never)) chunks.push(chunk);
    expect(chunks.flatMap(({ items }) => items)).to.deep.equal(Array.from({ length: 100 }, (_, index) => index + 1));
    expect(Math.max(...chunks.map(({ items }) => items.length))).to.be.at.most(16);
  });

  it('takes no more than it gives and what the stream holds back', async () => {
    const { stream, taken } = counting(10_000);
    const chunks = chunksOf<number>(stream, never)[Symbol.asyncIterator]();
    for (let given = 0; given < 100; ) {
      given += (await chunks.next()).value?.items.length ?? 0;
      await settle();
      expect(taken()).to.be.at.most(given + 32);
    }
  });

  it('delivers the events before a failure, then fails', async () => {
    const { stream } = counting(10_000);
    const chunks = chunksOf<number>(stream, never)[Symbol.asyncIterator]();
    await chunks.next();
    stream.push(null);
    stream.emit('error', new Error('lost'));
    let failure: unknown;
    try {
      for (let next = await chunks.next(); !next.done; next = await chunks.next());
    } catch (error) {
      failure = error;
    }
    expect(failure).to.be.instanceOf(Error).and.to.include({ message: 'lost' });
  });

  it('states when nothing is left, again when it is stirred, and ends with its signal', async () => {
    const stopping = new AbortController();
    const stream = new Readable({ objectMode: true, read() {} });
    const chunks = chunksOf<string>(stream, stopping.signal);
    const iterator = chunks[Symbol.asyncIterator]();
    expect((await iterator.next()).value).to.deep.equal({ items: [], drained: true });
    const stirred = iterator.next();
    chunks.stir();
    expect((await stirred).value).to.deep.equal({ items: [], drained: true });
    const item = iterator.next();
    stream.push('a');
    expect((await item).value).to.deep.equal({ items: ['a'], drained: true });
    const last = iterator.next();
    stopping.abort();
    expect((await last).done).to.equal(true);
  });
});
