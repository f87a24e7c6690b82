import { expect } from 'chai';
import { initialRuns, type Runs } from '../../../../src/domain/execution/tail.ts';
import { rulesOf } from '../../../../src/domain/job/rules.ts';
import { scheduleKey } from '../../../../src/domain/schedule/index.ts';
import { newRecord } from '../../../../src/engine/jobs/job-records.ts';
import { nextStep } from '../../../../src/engine/run/claim.ts';

const hourly = scheduleKey({ pattern: '0 * * * *', timezone: 'UTC', scheduleSince: '2026-01-01T00:00:00.000Z' });
const activeDefinition: Runs = { ...initialRuns, jobRevision: 2 };
const aJob = {
  ...newRecord(7, 'acme', 3),
  status: 'enabled' as const,
  jobRevision: 2,
  scheduleKey: hourly,
  runs: activeDefinition,
};

describe('the step that the engine takes with a job', () => {
  it('claims, if nothing of the job itself should be changed', () => {
    expect(nextStep(aJob, { isOrphan: false, nowMs: 0 })).to.equal('claim');
  });

  it('activates a newer definition first', () => {
    const job = {
      ...aJob,
      jobRevision: 3,
      runs: { ...activeDefinition, failuresInRow: 5 },
      rules: rulesOf({ disableAfter: 5 }),
    };
    expect(nextStep(job, { isOrphan: true, nowMs: 0 })).to.equal('bind');
  });

  it('deletes a job whose application is deleted, once', () => {
    expect(nextStep(aJob, { isOrphan: true, nowMs: 0 })).to.equal('delete orphan');
    expect(nextStep({ ...aJob, status: 'deleted', scheduleKey: undefined }, { isOrphan: true, nowMs: 0 })).to.equal(
      'claim',
    );
  });
});
