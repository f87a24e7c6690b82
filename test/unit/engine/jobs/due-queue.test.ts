import { expect } from 'chai';
import fc from 'fast-check';
import { createDueQueue } from '../../../../src/engine/jobs/due-queue.ts';

describe('due queue', () => {
  it('gives entries in the order they are due, and none before', () => {
    fc.assert(
      fc.property(fc.array(fc.record({ dueMs: fc.nat(1_000), id: fc.nat() }), { maxLength: 3_000 }), (entries) => {
        const queue = createDueQueue();
        for (const { dueMs, id } of entries) queue.push(dueMs, id);
        const popped: number[] = [];
        for (let nowMs = 0; nowMs <= 1_000; nowMs += 100) {
          for (let entry = queue.popDue(nowMs); entry !== undefined; entry = queue.popDue(nowMs)) {
            expect(entry.dueMs).to.be.at.most(nowMs);
            popped.push(entry.dueMs);
          }
          expect(queue.nextMs()).to.be.above(nowMs);
        }
        expect(popped).to.deep.equal(entries.map(({ dueMs }) => dueMs).sort((a, b) => a - b));
        expect(queue.nextMs()).to.equal(Number.POSITIVE_INFINITY);
      }),
      { numRuns: 50 },
    );
  });
});
