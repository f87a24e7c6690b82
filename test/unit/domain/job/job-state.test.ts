import { expect } from 'chai';
import { type Blackout, NO_CLOSURES } from '../../../../src/domain/closure/closure.ts';
import type { HttpJobDefinition } from '../../../../src/domain/events/index.ts';
import {
  isCompleted,
  type JobState,
  type JobStateFacts,
  jobStateOf,
  nextRunMs,
} from '../../../../src/domain/job/job-state.ts';
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

const since = '2026-03-01T09:00:00.000Z';
const well: JobStateFacts = {
  isCompleted: false,
  isEnabled: true,
  disabled: undefined,
  parked: undefined,
  pause: undefined,
  failures: undefined,
  isExcluded: false,
};
const completed = { isCompleted: true };
const disabled = { isEnabled: false, disabled: { by: 'ann', since, reason: 'Stocktaking' } };
const parked = { parked: { since, reason: 'cannot be read' } };
const byAnn = { pauseId: 1, tenant: 'acme', scope: 'tenant', createdBy: 'ann', createdAt: since } as const;
const paused = {
  pause: { ...byAnn, until: '2026-03-02T09:00:00.000Z', reason: 'Maintenance' },
};
const failing = { failures: { count: 3, since, code: 'HTTP_STATUS' } };
const blocked = { failures: { count: 1, since, code: 'TARGET_BLOCKED' } };

const given = (...facts: readonly Partial<JobStateFacts>[]) => ({
  then: (state: JobState) => expect(jobStateOf(Object.assign({}, well, ...facts))).to.deep.equal(state),
});

describe('the state of a job', () => {
  it('is active if nothing keeps it from that', () => {
    given().then({ name: 'active' });
  });

  it('is active without a slot to come, if its calendars exclude all, unless something is worse', () => {
    given({ isExcluded: true }).then({ name: 'active', reason: 'CALENDAR' });
    given({ isExcluded: true }, completed).then({ name: 'completed' });
    given({ isExcluded: true }, { isEnabled: false }).then({ name: 'disabled' });
  });

  it('is completed before everything else', () => {
    given(completed, disabled, parked, paused, failing).then({ name: 'completed' });
  });

  it('is disabled, by whom, since when and why, before it is parked', () => {
    given(disabled, parked, paused, failing).then({ name: 'disabled', by: 'ann', since, reason: 'Stocktaking' });
    given({ isEnabled: false }).then({ name: 'disabled' });
  });

  it('is parked before it is paused', () => {
    given(parked, paused, failing).then({ name: 'parked', since, reason: 'cannot be read' });
  });

  it('is paused by whom, until when and why, before it fails', () => {
    const until = '2026-03-02T09:00:00.000Z';
    given(paused, failing).then({ name: 'paused', by: 'ann', since, until, reason: 'Maintenance' });
    given({ pause: byAnn }).then({ name: 'paused', by: 'ann', since });
  });

  it('is blocked or failing by the code of the newest failure, since the first, so often in a row', () => {
    given(blocked).then({ name: 'blocked', count: 1, since, reason: 'TARGET_BLOCKED' });
    given(failing).then({ name: 'failing', count: 3, since, reason: 'HTTP_STATUS' });
    given({ failures: { count: 2, since, code: undefined } }).then({ name: 'failing', count: 2, since });
  });
});

const at = (clock: string): number => Date.parse(`2026-03-01T${clock}Z`);
const hourly = aJob({ enabled: true, pattern: '0 * * * *', timezone: 'UTC' });
const next = (job = hourly, other: Partial<Parameters<typeof nextRunMs>[1]> = {}): string | undefined => {
  const ms = nextRunMs(job, { nowMs: at('09:30:00'), runs: 0, closures: NO_CLOSURES, ...other });
  return ms === undefined ? undefined : new Date(ms).toISOString();
};

describe('the next run of a job', () => {
  it('is its next slot', () => {
    expect(next()).to.equal('2026-03-01T10:00:00.000Z');
  });
  it('is after the dates of calendars and the pauses that it falls into', () => {
    const closures = (...all: Blackout[]) => ({
      closures: (afterMs: number, untilMs: number) =>
        all.filter((closure) => closure.fromMs <= untilMs && closure.untilMs - 1 > afterMs),
    });
    const morning: Blackout = { fromMs: at('09:45:00'), untilMs: at('11:30:00'), reason: 'CALENDAR' };
    expect(next(hourly, closures(morning))).to.equal('2026-03-01T12:00:00.000Z');
    const forEver: Blackout = { fromMs: at('09:00:00'), untilMs: Number.POSITIVE_INFINITY, reason: 'PAUSED' };
    expect(next(hourly, closures(forEver))).to.equal(undefined);
  });
  it('is none of a manual job, which is not completed either', () => {
    const { pattern: _, ...manual } = hourly;
    expect(next(manual)).to.equal(undefined);
    expect(isCompleted(manual, { nowMs: at('09:30:00'), runs: 9 })).to.equal(false);
  });
  it('is none of a job that is disabled, or that has made all its runs', () => {
    expect(next(aJob({ enabled: false, pattern: '0 * * * *', timezone: 'UTC' }))).to.equal(undefined);
    const limited = aJob({ enabled: true, pattern: '0 * * * *', timezone: 'UTC', maxRuns: 2 });
    expect(next(limited, { runs: 1 })).to.equal('2026-03-01T10:00:00.000Z');
    expect(next(limited, { runs: 2 })).to.equal(undefined);
  });
});
