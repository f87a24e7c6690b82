import { expect } from 'chai';
import type { RuleFields } from '../../../../src/domain/events/index.ts';
import { initialRuns } from '../../../../src/domain/execution/tail.ts';
import { rulesOf } from '../../../../src/domain/job/rules.ts';
import {
  canPack,
  createIdleJobs,
  createJobRecords,
  type JobRecord,
  newRecord,
} from '../../../../src/engine/jobs/job-records.ts';
import { runsOf } from '../../../support/run-events.ts';

const at = '2026-03-01T12:00:00.000Z';

describe('jobs at rest', () => {
  const job = (jobId: number, said: Partial<JobRecord> = {}): JobRecord => ({
    ...newRecord(jobId, 'acme', 3),
    status: 'enabled',
    scheduleKey: 'UTC\n\n\npattern\n\n* * * * *',
    jobRevision: 4,
    runs: { ...initialRuns, jobRevision: 4, cursorMs: Date.parse(at), runs: 12 },
    runsRevision: 9,
    heardRevision: 9,
    dueMs: Date.parse(at) + 60_000,
    ...said,
  });

  it('come out as they were put in', () => {
    const expired = { before: at, revision: 6 };
    const given = [
      job(1),
      job(2, { status: 'disabled', scheduleKey: undefined, dueMs: Number.POSITIVE_INFINITY }),
      job(3, { rules: rulesOf({ jitter: '5s' }), target: 'https://a.example', labelsText: '{"team":"a"}' }),
      job(4, { applicationId: 5, tenant: 'other', waitedForOpen: true }),
      job(5, { runs: { ...job(5).runs, expired } }),
    ];
    const resting = createIdleJobs();
    given.forEach(resting.put);
    expect(given.map(({ jobId }) => resting.get(jobId))).to.deep.equal(given);
    expect([...resting.ids()]).to.deep.equal([1, 2, 3, 4, 5]);
    expect(given.every(canPack)).to.equal(true);
  });

  it('state what was put in last, and nothing once deleted', () => {
    const resting = createIdleJobs();
    for (let jobId = 1; jobId <= 10_000; jobId++) resting.put(job(jobId));
    resting.put(job(9_000, { runsRevision: 11, heardRevision: 11 }));
    resting.delete(5_000);
    expect(resting.get(9_000)?.runsRevision).to.equal(11);
    expect([resting.get(5_000), resting.get(20_000), resting.size()]).to.deep.equal([undefined, undefined, 9_999]);
    resting.put(job(10_001, { applicationId: 8 }));
    expect([resting.get(10_001)?.applicationId, resting.get(9_999)?.applicationId]).to.deep.equal([8, 3]);
  });

  it('are those of which nothing is in progress', () => {
    const runs = job(1).runs;
    const limited: RuleFields = { limit: 'crm' };
    const open = runsOf(1).start(7, Date.parse(at)).data.tail.open;
    const inUse: Partial<JobRecord>[] = [
      { runs: { ...runs, open } },
      { runs: { ...runs, catchUp: [{ afterMs: 0, untilMs: 1 }] } },
      { runs: { ...runs, failuresInRow: 1 } },
      { runs: { ...runs, jobRevision: 3 } },
      { heardRevision: 8 },
      { rules: rulesOf(limited) },
      { status: 'deleted', scheduleKey: undefined },
      { busy: true },
      { waits: true },
      { failures: 1 },
      { notBeforeMs: 1 },
    ];
    expect(inUse.map((said) => canPack(job(1, said)))).to.deep.equal(inUse.map(() => false));
  });
});

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
