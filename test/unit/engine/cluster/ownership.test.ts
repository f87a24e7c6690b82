import { expect } from 'chai';
import { hashEngine, ownerOf } from '../../../../src/engine/cluster/ownership.ts';

const jobOf = (jobId: number, limit?: string, applicationId = 3) => ({ jobId, applicationId, rules: { limit } });
const jobs = Array.from({ length: 10_000 }, (_, index) => jobOf(index + 1));
const engines = ['a', 'b', 'c'].map((name) => hashEngine(`engine-${name}`));

describe('ownership', () => {
  it('assigns each job to one engine, and to each engine its share', () => {
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
  it('assigns all jobs of a limit to one engine, for as long as it lives', () => {
    for (const limit of ['crm', 'one-by-one', 'x']) {
      const owner = ownerOf(jobOf(1, limit), engines);
      const others = engines.filter(({ engineId }) => engineId === owner || engineId === 'engine-a');
      for (const { jobId } of jobs.slice(0, 100)) {
        expect(ownerOf(jobOf(jobId, limit), engines)).to.equal(owner);
        expect(ownerOf(jobOf(jobId, limit), others)).to.equal(owner);
      }
    }
  });
  it('shares limits out by application and name', () => {
    const owners = (limits: readonly [string, number][]) =>
      new Set(limits.map(([limit, applicationId]) => ownerOf(jobOf(1, limit, applicationId), engines))).size;
    expect(owners(Array.from({ length: 30 }, (_, index) => [`limit-${index}`, 3]))).to.equal(3);
    expect(owners(Array.from({ length: 30 }, (_, index) => ['crm', index]))).to.equal(3);
  });
});
