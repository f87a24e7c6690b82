import { expect } from 'chai';
import { createJobRecords, newRecord } from '../../../../src/engine/jobs/job-records.ts';

describe('the records of jobs', () => {
  const given = () => {
    const records = createJobRecords();
    records.keep(newRecord(1, 'acme', 3));
    return records;
  };

  it('are new ones of a job at rest, until one is handed out', () => {
    const records = given();
    const job = records.find(1) ?? expect.fail('the job is not known');
    expect(records.find(1)).not.to.equal(job);
    records.handOut(job);
    expect(records.find(1)).to.equal(job);
  });

  it('stay the same as long as someone holds them, also once the job rests', () => {
    const records = given();
    const job = records.find(1) ?? expect.fail('the job is not known');
    records.handOut(job);
    for (let jobId = 2; jobId < 5_000; jobId++) {
      const other = newRecord(jobId, 'acme', 3);
      records.handOut(other);
      records.keep(other);
    }
    job.runsRevision = job.heardRevision = 7;
    records.keep(job);
    expect(records.find(1)).to.equal(job);
    job.busy = true;
    records.keep(job);
    expect(records.find(1)).to.equal(job);
    expect([records.size(), [...records.all()].length]).to.deep.equal([4_999, 4_999]);
  });

  it('do not mention a job that was deleted, though someone holds its record', () => {
    const records = given();
    const job = records.find(1) ?? expect.fail('the job is not known');
    records.handOut(job);
    records.keep(job);
    records.delete(1);
    expect([records.find(1), records.size(), [...records.all()]]).to.deep.equal([undefined, 0, []]);
  });
});
