import { expect } from 'chai';
import { type CronExpression, CronExpressionParser } from 'cron-parser';
import fc from 'fast-check';
import { compileSchedule, type Schedule, ScheduleRejected, slots } from '../../../../src/domain/schedule/index.ts';
import { arbitraryPattern } from './arbitrary-pattern.ts';
import { judge } from './judge.ts';
import { DAY_MS, MINUTE_MS, transitionsOf, walk } from './oracle.ts';

const ZONES = ['UTC', 'Europe/Berlin', 'Australia/Lord_Howe', 'America/Havana', 'Africa/Casablanca', 'Asia/Kolkata'];
const arbitraryZone = fc.constantFrom(...ZONES);
const arbitraryInstantMs = fc.integer({ min: Date.UTC(1975, 0, 1), max: Date.UTC(2060, 0, 1) });

const compiled = (pattern: string, timezone: string): Schedule | undefined => {
  try {
    return compileSchedule({ pattern, timezone });
  } catch (error) {
    if (error instanceof ScheduleRejected && error.message.includes('never')) return undefined;
    throw error;
  }
};

describe('slots of any pattern', () => {
  it('increase strictly, and previous finds each of them again', () => {
    fc.assert(
      fc.property(arbitraryPattern, arbitraryZone, arbitraryInstantMs, (pattern, timezone, afterMs) => {
        const schedule = compiled(pattern, timezone);
        if (schedule === undefined) return;
        let lastMs = afterMs;
        for (const slotMs of slots(schedule, afterMs).take(60)) {
          expect(slotMs).to.be.above(lastMs);
          expect(schedule.previous(slotMs, lastMs)).to.equal(slotMs);
          expect(schedule.previous(slotMs - 1, lastMs)).to.equal(undefined);
          expect(schedule.next(slotMs - 1)).to.equal(slotMs);
          lastMs = slotMs;
        }
      }),
      { numRuns: 200 },
    );
  });

  it('count as many as they are', () => {
    fc.assert(
      fc.property(arbitraryPattern, arbitraryZone, arbitraryInstantMs, (pattern, timezone, afterMs) => {
        const schedule = compiled(pattern, timezone);
        if (schedule === undefined) return;
        const untilMs = afterMs + 3 * DAY_MS;
        const all = slots(schedule, afterMs)
          .take(5_000)
          .filter((slotMs) => slotMs <= untilMs)
          .toArray();
        const [first] = all;
        const last = all.at(-1);
        const wanted = first === undefined || last === undefined ? undefined : { count: all.length, first, last };
        expect(schedule.count(afterMs, untilMs, 5_000)).to.deep.equal(wanted);
      }),
      { numRuns: 40 },
    );
  });

  const walks = ZONES.filter((timezone) => timezone !== 'UTC').flatMap((timezone) =>
    transitionsOf(timezone, { fromMs: Date.UTC(2027, 0, 1), untilMs: Date.UTC(2028, 0, 1) }).map((atMs) => ({
      timezone,
      walked: walk(timezone, { fromMs: atMs - DAY_MS, untilMs: atMs + DAY_MS, stepMs: MINUTE_MS }),
    })),
  );
  it('are those that walking through a transition shows', () => {
    fc.assert(
      fc.property(arbitraryPattern, fc.constantFrom(...walks), (pattern, { timezone, walked }) => {
        if (compiled(pattern, timezone) !== undefined) expect(judge(pattern, timezone, walked)).to.equal(undefined);
      }),
      { numRuns: 60 },
    );
  });

  /** In UTC it is right about all that it can read: it can't read `W`, `L-3` or repeats in a list. */
  const peerOf = (pattern: string, afterMs: number): CronExpression | undefined => {
    try {
      return CronExpressionParser.parse(pattern, { tz: 'UTC', currentDate: afterMs });
    } catch {
      return undefined;
    }
  };
  it('are those of cron-parser in UTC', () => {
    let compared = 0;
    fc.assert(
      fc.property(arbitraryPattern, arbitraryInstantMs, (pattern, afterMs) => {
        const schedule = compiled(pattern, 'UTC');
        const peer = peerOf(pattern, afterMs);
        if (schedule === undefined || peer === undefined) return;
        compared += 1;
        for (const slotMs of slots(schedule, afterMs).take(5)) expect(peer.next().getTime()).to.equal(slotMs);
      }),
      { numRuns: 500 },
    );
    expect(compared).to.be.above(100);
  });

  it('rejects any other text as a bad pattern, and never throws anything else', () => {
    const text = fc.oneof(
      fc.string({ maxLength: 30 }),
      fc.array(fc.constantFrom(...'0159*/,-LW#?H @MONJAN\t'), { maxLength: 24 }).map((all) => all.join('')),
      fc
        .array(fc.constantFrom('*', '*/5', '1-', 'L', '5L', '?', '#', '15W', '99', 'MON', '1-5/0'), {
          minLength: 4,
          maxLength: 7,
        })
        .map((all) => all.join(' ')),
    );
    fc.assert(
      fc.property(text, (pattern) => {
        try {
          expect(compileSchedule({ pattern, timezone: 'UTC' }).next(0)).to.be.a('number');
        } catch (error) {
          expect(error).to.be.instanceOf(ScheduleRejected);
        }
      }),
      { numRuns: 1_000 },
    );
  });
});
