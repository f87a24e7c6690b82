import { expect } from 'chai';
import type { HttpJobDefinition } from '../../../../src/domain/events/index.ts';
import { isCompleted } from '../../../../src/domain/job/job-state.ts';
import { compileSchedule, jobSlots } from '../../../../src/domain/schedule/index.ts';
import { aJob } from '../../../support/jobs.ts';

const AT = '2026-05-02T09:00:00.000Z';
const AT_MS = Date.parse(AT);
const once = (other: Partial<HttpJobDefinition> = {}): HttpJobDefinition => {
  const { pattern: _, ...job } = aJob();
  return { ...job, schedule: { at: AT }, ...other };
};

describe('a job is completed', () => {
  it('once its one instant has passed', () => {
    expect([
      isCompleted(once(), { nowMs: AT_MS - 1, runs: 0 }),
      isCompleted(once(), { nowMs: AT_MS, runs: 0 }),
    ]).to.deep.equal([false, true]);
  });

  it('after its last slot before endAt', () => {
    const ending = aJob({ pattern: '0 9 * * *', endAt: '2026-05-03T00:00:00.000Z' });
    expect([
      isCompleted(ending, { nowMs: AT_MS - 1, runs: 0 }),
      isCompleted(ending, { nowMs: AT_MS, runs: 0 }),
    ]).to.deep.equal([false, true]);
  });

  it('once it has made as many runs as it may', () => {
    const counted = aJob({ maxRuns: 3 });
    expect([2, 3].map((runs) => isCompleted(counted, { nowMs: AT_MS, runs }))).to.deep.equal([false, true]);
  });

  it('never without an end', () => {
    const { schedule: _, ...job } = once();
    const endMs = Date.parse('9000-01-01T00:00:00.000Z');
    expect(isCompleted(aJob({ pattern: '0 0 29 2 *' }), { nowMs: endMs, runs: 0 })).to.equal(false);
    expect(isCompleted({ ...job, schedule: { every: '100d' } }, { nowMs: endMs, runs: 0 })).to.equal(false);
  });

  it('only when its last slot is due, with its jitter', () => {
    const jittered = once({ jitter: '10m' });
    const dueMs = jobSlots({
      schedule: compileSchedule(jittered),
      jobId: jittered.jobId,
      jitterMs: 600_000,
    }).dueMs(AT_MS);
    expect(dueMs).to.be.above(AT_MS);
    expect([
      isCompleted(jittered, { nowMs: dueMs - 1, runs: 0 }),
      isCompleted(jittered, { nowMs: dueMs, runs: 0 }),
    ]).to.deep.equal([false, true]);
  });

  it('never in a zone that this version does not know', () => {
    expect(isCompleted(once({ timezone: 'Mars/Base' }), { nowMs: AT_MS + 1, runs: 0 })).to.equal(false);
  });
});
