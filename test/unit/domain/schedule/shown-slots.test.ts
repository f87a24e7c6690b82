import { expect } from 'chai';
import { shownSlots } from '../../../../src/domain/schedule/index.ts';

const shown = (pattern: string, timezone: string, after: string, count = 1) =>
  shownSlots({ pattern, timezone }, { afterMs: Date.parse(after), count });

describe('slots for reading', () => {
  it('are reported as instants and as the clock on the wall shows them', () => {
    expect(shown('0 2 * * *', 'America/New_York', '2026-01-01T00:00:00Z', 2)).to.deep.equal([
      { at: '2026-01-01T07:00:00.000Z', local: '2026-01-01T02:00:00-05:00' },
      { at: '2026-01-02T07:00:00.000Z', local: '2026-01-02T02:00:00-05:00' },
    ]);
    expect(shown('0 2 * * *', 'UTC', '2026-01-01T00:00:00Z')).to.deep.equal([
      { at: '2026-01-01T02:00:00.000Z', local: '2026-01-01T02:00:00+00:00' },
    ]);
  });

  it('state that a gap in spring moves one', () => {
    const [slot] = shown('30 2 * * *', 'Europe/Berlin', '2026-03-28T12:00:00Z');
    expect(slot).to.deep.equal({
      at: '2026-03-29T01:00:00.000Z',
      local: '2026-03-29T03:00:00+02:00',
      note: 'the clock skips 02:00 to 03:00: this slot replaces 02:30',
    });
  });

  it('state that a repeat in autumn omits one', () => {
    const [slot, next] = shown('30 2 * * *', 'Europe/Berlin', '2026-10-24T12:00:00Z', 2);
    expect(slot).to.deep.equal({
      at: '2026-10-25T00:30:00.000Z',
      local: '2026-10-25T02:30:00+02:00',
      note: 'the clock will be set back: 02:30 occurs twice, and only the first is a slot',
    });
    expect(next).to.deep.equal({ at: '2026-10-26T01:30:00.000Z', local: '2026-10-26T02:30:00+01:00' });
  });

  it('state that a pattern by elapsed time fires at both of two equal clock times', () => {
    const slots = shown('30 * * * *', 'Europe/Berlin', '2026-10-24T23:59:00Z', 3);
    expect(slots.map(({ local, note }) => [local, note?.slice(0, 25)])).to.deep.equal([
      ['2026-10-25T02:30:00+02:00', 'the clock will be set bac'],
      ['2026-10-25T02:30:00+01:00', 'the clock was set back: 0'],
      ['2026-10-25T03:30:00+01:00', undefined],
    ]);
  });

  it('have no note if a real-time pattern meets a gap, or none falls into it', () => {
    for (const pattern of ['*/30 * * * *', '0 3 * * *', '0 1 * * *']) {
      const slots = shown(pattern, 'Europe/Berlin', '2026-03-28T23:00:00Z', 4);
      expect(slots.filter(({ note }) => note !== undefined)).to.deep.equal([]);
    }
  });

  it('describe half-hour shifts and skipped days', () => {
    const [half] = shown('15 2 * * *', 'Australia/Lord_Howe', '2026-10-03T00:00:00Z');
    expect(half?.note).to.equal('the clock skips 02:00 to 02:30: this slot replaces 02:15');
    const [day] = shown('0 12 30 12 *', 'Pacific/Apia', '2011-12-29T00:00:00Z');
    expect(day).to.include({ local: '2011-12-31T00:00:00+14:00' });
    expect(day?.note).to.equal(
      'the clock skips 2011-12-30 00:00 to 2011-12-31 00:00: this slot replaces 2011-12-30 12:00',
    );
  });

  it('are noted by the calendar for an interval of days, and by the clock for one of hours', () => {
    const timezone = 'Europe/Berlin';
    const every = (interval: string, startAt: string) =>
      shownSlots(
        { schedule: { every: interval }, timezone, startAt, scheduleSince: startAt },
        { afterMs: Date.parse(startAt), count: 2 },
      ).map(({ local, note }) => [local, note]);
    expect(every('1d', '2026-03-28T01:30:00.000Z')[0]).to.deep.equal([
      '2026-03-29T03:00:00+02:00',
      'the clock skips 02:00 to 03:00: this slot replaces 02:30',
    ]);
    expect(every('1d', '2026-10-24T00:30:00.000Z')[0]).to.deep.equal([
      '2026-10-25T02:30:00+02:00',
      'the clock will be set back: 02:30 occurs twice, and only the first is a slot',
    ]);
    expect(every('1h', '2026-10-24T23:30:00.000Z')).to.deep.equal([
      ['2026-10-25T02:30:00+02:00', 'the clock will be set back: 02:30 occurs twice, and this is the first time'],
      ['2026-10-25T02:30:00+01:00', 'the clock was set back: 02:30 occurs for the second time'],
    ]);
    expect(every('1h', '2026-03-29T00:00:00.000Z')[0]).to.deep.equal(['2026-03-29T03:00:00+02:00', undefined]);
  });

  it('end if the schedule does', () => {
    const text = { pattern: '0 2 * * *', timezone: 'UTC', endAt: '2026-01-03T00:00:00.000Z' };
    expect(shownSlots(text, { afterMs: Date.parse('2026-01-01T00:00:00Z'), count: 10 })).to.have.length(2);
  });
});
