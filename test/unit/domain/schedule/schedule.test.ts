import { expect } from 'chai';
import { compileSchedule, scheduleKey } from '../../../../src/domain/schedule/index.ts';
import { slotsAfter } from './support.ts';

const at = (instant: string): number => Date.parse(instant);

describe('a schedule', () => {
  const daily = { pattern: '0 3 * * *', timezone: 'UTC' };

  it('is shared by all jobs with the same text', () => {
    expect(compileSchedule({ ...daily })).to.equal(compileSchedule({ ...daily, startAt: undefined }));
    expect(compileSchedule({ ...daily, endAt: '2026-01-01T00:00:00.000Z' })).not.to.equal(compileSchedule(daily));
  });

  it('is shared whenever it took effect, unless slots are counted from then', () => {
    const [since, later] = ['2026-01-01T00:00:00.000Z', '2026-01-02T00:00:00.000Z'];
    for (const text of [
      daily,
      { schedule: { at: later }, timezone: 'UTC' },
      { schedule: { every: '1d' }, timezone: 'UTC', startAt: since },
    ]) {
      expect(scheduleKey({ ...text, scheduleSince: since })).to.equal(scheduleKey({ ...text, scheduleSince: later }));
    }
    const everyDay = { schedule: { every: '1d' }, timezone: 'UTC' };
    expect(scheduleKey({ ...everyDay, scheduleSince: since })).not.to.equal(
      scheduleKey({ ...everyDay, scheduleSince: later }),
    );
  });

  it('starts with a slot at startAt and ends before one at endAt', () => {
    const span = { startAt: '2026-05-02T03:00:00.000Z', endAt: '2026-05-04T03:00:00.000Z' };
    expect(slotsAfter({ ...daily, ...span }, '2026-01-01T00:00:00Z')).to.deep.equal([
      '2026-05-02T03:00',
      '2026-05-03T03:00',
    ]);
    const schedule = compileSchedule({ ...daily, ...span });
    expect(schedule.previous(at('2027-01-01T00:00:00Z'), 0)).to.equal(at('2026-05-03T03:00:00Z'));
    expect(schedule.previous(at('2026-05-02T02:59:59Z'), 0)).to.equal(undefined);
    expect(schedule.count(0, at('2027-01-01T00:00:00Z'), 10)?.count).to.equal(2);
  });

  it('returns slots strictly after an instant, and the last up to one', () => {
    const { next, previous } = compileSchedule(daily);
    const slot = at('2026-05-02T03:00:00Z');
    expect(next(slot - 1)).to.equal(slot);
    expect(next(slot)).to.equal(at('2026-05-03T03:00:00Z'));
    expect(previous(slot, slot - 1)).to.equal(slot);
    expect(previous(slot, slot)).to.equal(undefined);
    expect(previous(slot - 1, 0)).to.equal(at('2026-05-01T03:00:00Z'));
  });

  it('counts up to a limit, and returns first and last beyond it', () => {
    const { count } = compileSchedule({ pattern: '* * * * * *', timezone: 'Europe/Berlin' });
    const [from, until] = [at('2020-01-01T00:00:00Z'), at('2026-01-01T00:00:00Z')];
    expect(count(from, from + 10_000, 10)).to.deep.equal({ count: 10, first: from + 1_000, last: from + 10_000 });
    expect(count(from, from + 10_000, 9)).to.deep.equal({ count: undefined, first: from + 1_000, last: from + 10_000 });
    expect(count(from, until, 100)).to.deep.equal({ count: undefined, first: from + 1_000, last: until });
    expect(count(from, from + 999, 10)).to.equal(undefined);
    expect(count(from, from, 10)).to.equal(undefined);
  });

  it('works at the ends of time', () => {
    for (const timezone of ['UTC', 'Europe/Berlin', 'Australia/Lord_Howe']) {
      for (const pattern of ['0 0 29 2 *', '0 * * * *', '0 0 * 2 MON#5']) {
        const { next, previous } = compileSchedule({ pattern, timezone });
        expect(next(8.64e15)).to.equal(undefined);
        expect(next(at('9999-12-31T23:59:59Z'))).to.equal(undefined);
        expect(next(-Infinity)).to.be.a('number');
        expect(previous(Infinity, -Infinity)).to.be.above(at('9900-01-01T00:00:00Z'));
        expect(previous(-8.64e15, -Infinity)).to.equal(undefined);
      }
    }
  });
});
