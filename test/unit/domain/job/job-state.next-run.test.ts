import { expect } from 'chai';
import { type Blackout, NO_CLOSURES } from '../../../../src/domain/closure/closure.ts';
import { isCompleted, nextRunMs } from '../../../../src/domain/job/job-state.ts';
import { aJob } from '../../../support/jobs.ts';

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
