import { expect } from 'chai';
import { slotsAfter } from './support.ts';

describe('slots at a transition of the zone', () => {
  const berlin = { timezone: 'Europe/Berlin' };

  it('puts a time of the spring gap at the first instant after it, once', () => {
    expect(slotsAfter({ pattern: '30 2 * * *', ...berlin }, '2025-03-29T00:00:00Z', 3)).to.deep.equal([
      '2025-03-29T01:30',
      '2025-03-30T01:00',
      '2025-03-31T00:30',
    ]);
    expect(slotsAfter({ pattern: '*/10 2,3 * * *', ...berlin }, '2025-03-30T00:00:00Z', 3)).to.deep.equal([
      '2025-03-30T01:00',
      '2025-03-30T01:10',
      '2025-03-30T01:20',
    ]);
  });

  it('fires a time that comes twice in autumn once, at the first', () => {
    expect(slotsAfter({ pattern: '30 2 * * *', ...berlin }, '2025-10-25T12:00:00Z', 2)).to.deep.equal([
      '2025-10-26T00:30',
      '2025-10-27T01:30',
    ]);
    expect(slotsAfter({ pattern: '0,30 0-23 * * *', ...berlin }, '2025-10-26T00:00:00Z', 3)).to.deep.equal([
      '2025-10-26T00:30',
      '2025-10-26T02:00',
      '2025-10-26T02:30',
    ]);
  });

  it('lets an hour of * or */n follow real time', () => {
    const autumn = ['2025-10-26T00:00', '2025-10-26T01:00', '2025-10-26T02:00'];
    expect(slotsAfter({ pattern: '@hourly', ...berlin }, '2025-10-25T23:30:00Z', 3)).to.deep.equal(autumn);
    expect(slotsAfter({ pattern: '0 */2 * * *', ...berlin }, '2025-10-25T23:30:00Z', 3)).to.deep.equal([
      '2025-10-26T00:00',
      '2025-10-26T01:00',
      '2025-10-26T03:00',
    ]);
    expect(slotsAfter({ pattern: '0 */2 * * *', ...berlin }, '2025-03-29T22:30:00Z', 2)).to.deep.equal([
      '2025-03-29T23:00',
      '2025-03-30T02:00',
    ]);
  });

  it('treats a list or a range of hours as fixed, even one of all hours', () => {
    expect(slotsAfter({ pattern: '0 */2,*/3 * * *', ...berlin }, '2025-10-26T00:00:00Z', 1)).to.deep.equal([
      '2025-10-26T02:00',
    ]);
    expect(slotsAfter({ pattern: '0 2 * * *', ...berlin }, '2025-10-26T00:00:00Z', 1)).to.deep.equal([
      '2025-10-27T01:00',
    ]);
  });

  it('keeps to half-hour shifts', () => {
    const timezone = 'Australia/Lord_Howe';
    expect(slotsAfter({ pattern: '15 2 * * *', timezone }, '2025-10-04T00:00:00Z', 2)).to.deep.equal([
      '2025-10-04T15:30',
      '2025-10-05T15:15',
    ]);
    expect(slotsAfter({ pattern: '45 1 * * *', timezone }, '2025-04-05T00:00:00Z', 2)).to.deep.equal([
      '2025-04-05T14:45',
      '2025-04-06T15:15',
    ]);
    expect(slotsAfter({ pattern: '45 * * * *', timezone }, '2025-04-05T14:00:00Z', 2)).to.deep.equal([
      '2025-04-05T14:45',
      '2025-04-05T15:15',
    ]);
  });

  it('fires what a skipped day held once, at its end', () => {
    expect(slotsAfter({ pattern: '0 12 * * *', timezone: 'Pacific/Apia' }, '2011-12-29T00:00:00Z', 3)).to.deep.equal([
      '2011-12-29T22:00',
      '2011-12-30T10:00',
      '2011-12-30T22:00',
    ]);
    expect(slotsAfter({ pattern: '0 * * * *', timezone: 'Pacific/Apia' }, '2011-12-30T08:30:00Z', 2)).to.deep.equal([
      '2011-12-30T09:00',
      '2011-12-30T10:00',
    ]);
  });

  it('fires at the end of a gap at midnight', () => {
    const after = { 'America/Havana': '2025-03-09T05:00', 'Asia/Beirut': '2025-03-29T22:00' };
    for (const [timezone, slot] of Object.entries(after)) {
      const from = new Date(Date.parse(`${slot}:00Z`) - 3_600_000).toISOString();
      expect(slotsAfter({ pattern: '@daily', timezone }, from, 1)).to.deep.equal([slot]);
      expect(slotsAfter({ pattern: '30 0 * * *', timezone }, from, 1)).to.deep.equal([slot]);
    }
  });
});
