import { expect } from 'chai';
import type { JobDefinition } from '../../../../src/domain/events/index.ts';
import { isCompleted } from '../../../../src/domain/job/completed.ts';
import { compileSchedule, jobSlots } from '../../../../src/domain/schedule/index.ts';
import { aJob } from '../../../support/jobs.ts';

const AT = '2026-05-02T09:00:00.000Z';
const AT_MS = Date.parse(AT);
const once = (other: Partial<JobDefinition> = {}): JobDefinition => {
  const { pattern: _, ...job } = aJob();
  return { ...job, schedule: { at: AT }, ...other };
};

describe('a job is completed', () => {
  it('once its one instant has passed', () => {
    expect([isCompleted(once(), AT_MS - 1), isCompleted(once(), AT_MS)]).to.deep.equal([false, true]);
  });

  it('after its last slot before endAt', () => {
    const ending = aJob({ pattern: '0 9 * * *', endAt: '2026-05-03T00:00:00.000Z' });
    expect([isCompleted(ending, AT_MS - 1), isCompleted(ending, AT_MS)]).to.deep.equal([false, true]);
  });

  it('never without an end', () => {
    const { schedule: _, ...job } = once();
    const endMs = Date.parse('9000-01-01T00:00:00.000Z');
    expect(isCompleted(aJob({ pattern: '0 0 29 2 *' }), endMs)).to.equal(false);
    expect(isCompleted({ ...job, schedule: { every: '100d' } }, endMs)).to.equal(false);
  });

  it('only when its last slot is due, with its jitter', () => {
    const jittered = once({ jitter: '10m' });
    const dueMs = jobSlots({
      schedule: compileSchedule(jittered),
      jobId: jittered.jobId,
      jitterMs: 600_000,
    }).dueMs(AT_MS);
    expect(dueMs).to.be.above(AT_MS);
    expect([isCompleted(jittered, dueMs - 1), isCompleted(jittered, dueMs)]).to.deep.equal([false, true]);
  });

  it('not in a zone that is not known here, since that cannot be told', () => {
    expect(isCompleted(once({ timezone: 'Mars/Base' }), AT_MS + 1)).to.equal(false);
  });
});
