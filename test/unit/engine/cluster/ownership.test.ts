import { expect } from 'chai';
import { hashEngine, ownerOf } from '../../../../src/engine/cluster/ownership.ts';

const jobs = Array.from({ length: 10_000 }, (_, index) => index + 1);
const engines = ['a', 'b', 'c'].map((name) => hashEngine(`engine-${name}`));

describe('ownership', () => {
  it('gives each job one engine, and each engine its share', () => {
    for (const { engineId } of engines) {
      const share = jobs.filter((jobId) => ownerOf(jobId, engines) === engineId).length;
      expect(share).to.be.within(3_000, 3_700);
    }
  });
  it('moves only the jobs of an engine that left', () => {
    const [first, ...rest] = engines;
    for (const jobId of jobs) {
      const before = ownerOf(jobId, engines);
      if (before !== first?.engineId) expect(ownerOf(jobId, rest)).to.equal(before);
    }
  });
});
