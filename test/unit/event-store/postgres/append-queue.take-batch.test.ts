import { expect } from 'chai';
import { nextBatch } from '../../../../src/event-store/postgres/append-queue.ts';

type Waiting = { readonly count: number; readonly sizeBytes: number };
const waiting = (length: number, sizeBytes: number, count = 1): Waiting[] =>
  Array.from({ length }, () => ({ count, sizeBytes }));
const taken = (all: Waiting[]) => {
  const batch = nextBatch(all);
  expect([...batch.taken, ...batch.left]).to.deep.equal(all);
  return batch.taken.length;
};

describe('take batch', () => {
  it('has all waiting appends, up to 1,500', () => {
    expect(taken(waiting(3, 100))).to.equal(3);
    expect(taken(waiting(1_501, 100))).to.equal(1_500);
  });

  it('counts the appends that were handed in together', () => {
    expect(taken(waiting(4, 100, 500))).to.equal(3);
    expect(taken(waiting(2, 100, 2_000))).to.equal(1);
  });

  it('has at most 8 MiB, and at least one append', () => {
    expect(taken(waiting(20, 1_048_576))).to.equal(8);
    expect(taken(waiting(2, 9 * 1_048_576))).to.equal(1);
  });
});
