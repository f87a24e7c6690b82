import { expect } from 'chai';
import { hashEngine, ownerOf } from '../../../../src/engine/cluster/ownership.ts';

const jobs = Array.from({ length: 10_000 }, (_, index) => ({ jobId: index + 1 }));
const engines = ['a', 'b', 'c'].map((name) => hashEngine(`engine-${name}`));

describe('ownership', () => {
  it('gives each job one engine, and each engine its share', () => {
    for (const { engineId } of engines) {
      const share = jobs.filter((job) => ownerOf(job, engines) === engineId).length;
      expect(share).to.be.within(3_000, 3_700);
    }
  });
  it('moves only the jobs of an engine that left', () => {
    const [first, ...rest] = engines;
    for (const job of jobs) {
      const before = ownerOf(job, engines);
      if (before !== first?.engineId) expect(ownerOf(job, rest)).to.equal(before);
    }
  });
  it('gives jobs of one key the same engine, whatever their ids, and keeps it while it lives', () => {
    for (const ownerKey of [1, 77, 0xfffffff0]) {
      const owner = ownerOf({ jobId: ownerKey }, engines);
      const others = engines.filter(({ engineId }) => engineId === owner || engineId === 'engine-a');
      for (const { jobId } of jobs.slice(0, 100)) {
        expect(ownerOf({ jobId, ownerKey }, engines)).to.equal(owner);
        expect(ownerOf({ jobId, ownerKey }, others)).to.equal(owner);
      }
    }
  });
});
