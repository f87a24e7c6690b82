import { expect } from 'chai';
import { batchedReads } from '../../../src/db/batched-reads.ts';

describe('reads that are gathered', () => {
  it('run together, equal ones once, each after its request', async () => {
    const requested: (readonly string[])[] = [];
    const inTime = Promise.withResolvers<void>();
    const begun = Promise.withResolvers<void>();
    const read = batchedReads(async (keys: readonly string[]) => {
      requested.push(keys);
      begun.resolve();
      await inTime.promise;
      return new Map(keys.filter((key) => key !== 'none').map((key) => [key, key.toUpperCase()]));
    });
    const first = [read('a'), read('b'), read('a'), read('none')];
    await begun.promise;
    const later = [read('a'), read('c')];
    inTime.resolve();
    expect(await Promise.all([...first, ...later])).to.deep.equal(['A', 'B', 'A', undefined, 'A', 'C']);
    expect(requested).to.deep.equal([
      ['a', 'b', 'none'],
      ['a', 'c'],
    ]);
  });

  it('keep what is wrong with one from the others, and continue after it', async () => {
    const read = batchedReads(async (keys: readonly string[]) => {
      if (keys.includes('bad')) throw new Error('bad');
      return new Map(keys.map((key) => [key, key]));
    });
    const settled = await Promise.allSettled([read('a'), read('bad'), read('b')]);
    expect(settled.map(({ status }) => status)).to.deep.equal(['fulfilled', 'rejected', 'fulfilled']);
    expect(await read('c')).to.equal('c');
  });
});
