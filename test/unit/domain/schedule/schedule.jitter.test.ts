import { expect } from 'chai';
import fc from 'fast-check';
import { compileSchedule, type JobSlots, jobSlots, slots } from '../../../../src/domain/schedule/index.ts';
import { arbitraryPattern } from './arbitrary-pattern.ts';
import { DAY_MS, HOUR_MS, MINUTE_MS } from './oracle.ts';

const START_MS = Date.UTC(2026, 2, 28);
const hourly = compileSchedule({ pattern: '0 * * * *', timezone: 'UTC' });

const hourlyOf = (jobId: number, jitterMs: number): JobSlots => jobSlots({ schedule: hourly, jobId, jitterMs });

const arbitraryCase = fc.record({
  pattern: arbitraryPattern.filter((pattern) => {
    try {
      return compileSchedule({ pattern, timezone: 'Europe/Berlin' }).next(START_MS) !== undefined;
    } catch {
      return false;
    }
  }),
  jobId: fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }),
  jitterMs: fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 3 * DAY_MS })),
  afterMs: fc.integer({ min: START_MS, max: START_MS + 400 * DAY_MS }),
});

describe('slots with jitter', () => {
  it('are due by their jitter later, and before the next slot', () => {
    fc.assert(
      fc.property(arbitraryCase, ({ pattern, jobId, jitterMs, afterMs }) => {
        const schedule = compileSchedule({ pattern, timezone: 'Europe/Berlin' });
        const { dueMs } = jobSlots({ schedule, jobId, jitterMs });
        for (const slotMs of slots(schedule, afterMs).take(20)) {
          expect(dueMs(slotMs)).to.be.within(slotMs, slotMs + Math.max(0, jitterMs - 1));
          expect(dueMs(slotMs)).to.be.below(schedule.next(slotMs) ?? Number.POSITIVE_INFINITY);
        }
      }),
      { numRuns: 500 },
    );
  });

  it('are found by when they are due, as a walk over all of them finds them', () => {
    fc.assert(
      fc.property(arbitraryCase, fc.nat(5 * DAY_MS), ({ pattern, jobId, jitterMs, afterMs }, laterMs) => {
        const schedule = compileSchedule({ pattern, timezone: 'Europe/Berlin' });
        const { dueMs, lastDue } = jobSlots({ schedule, jobId, jitterMs });
        const nowMs = afterMs + laterMs;
        let walked: number | undefined;
        for (const slotMs of slots(schedule, afterMs)) {
          if (dueMs(slotMs) > nowMs) break;
          walked = slotMs;
        }
        expect(lastDue(nowMs, afterMs)).to.equal(walked);
      }),
      { numRuns: 300 },
    );
  });

  it('are due immediately without it', () => {
    const { dueMs, lastDue } = hourlyOf(7, 0);
    expect(dueMs(START_MS)).to.equal(START_MS);
    expect(lastDue(START_MS, START_MS - 1)).to.equal(START_MS);
  });

  it('are due at the same instant in every process', () => {
    const { dueMs } = hourlyOf(7, 10 * MINUTE_MS);
    expect([0, 1, 2].map((hour) => dueMs(START_MS + hour * HOUR_MS) - START_MS - hour * HOUR_MS)).to.deep.equal([
      494_009, 570_961, 54_340,
    ]);
  });

  it('are spread evenly, over the jobs of one slot and over the slots of one job', () => {
    const jitterMs = 10 * MINUTE_MS;
    const ofJobs = Array.from({ length: 10_000 }, (_, index) => hourlyOf(index + 1, jitterMs).dueMs(START_MS));
    const { dueMs } = hourlyOf(7, jitterMs);
    const ofSlots = Array.from({ length: 10_000 }, (_, hour) => dueMs(START_MS + hour * HOUR_MS) - hour * HOUR_MS);
    for (const due of [ofJobs, ofSlots]) {
      const minutes = Map.groupBy(due, (ms) => Math.floor((ms - START_MS) / MINUTE_MS));
      expect([...minutes.keys()].sort((a, b) => a - b)).to.deep.equal([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
      for (const inMinute of minutes.values()) expect(inMinute.length).to.be.within(850, 1_150);
    }
  });
});
