import { expect } from 'chai';
import { nextBatch } from '../../../../src/event-store/postgres/append-queue.ts';

const waiting = (count: number, sizeBytes: number) => Array.from({ length: count }, () => ({ sizeBytes }));
const taken = (all: { sizeBytes: number }[]) => {
  const batch = nextBatch(all);
  expect([...batch.taken, ...batch.left]).to.deep.equal(all);
  return batch.taken.length;
};

describe('take batch', () => {
  it('takes all that waits, up to 1,500 appends', () => {
    expect(taken(waiting(3, 100))).to.equal(3);
    expect(taken(waiting(1_501, 100))).to.equal(1_500);
  });

  it('takes no more than 8 MiB, and one append at least', () => {
    expect(taken(waiting(20, 1_048_576))).to.equal(8);
    expect(taken(waiting(2, 9 * 1_048_576))).to.equal(1);
  });
});
