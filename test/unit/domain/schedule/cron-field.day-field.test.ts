import { expect } from 'chai';
import { slotsAfter } from './support.ts';

const days = (pattern: string, most = 4, after = '2024-12-31T23:59:59Z'): string[] =>
  slotsAfter({ pattern, timezone: 'UTC' }, after, most).map((slot) => slot.slice(0, 10));

describe('days of a pattern', () => {
  it('match either day field if both are restricted', () => {
    expect(days('0 0 13 * FRI')).to.deep.equal(['2025-01-03', '2025-01-10', '2025-01-13', '2025-01-17']);
  });

  it('takes */1 and 1-31 as restrictions, * and ? as none', () => {
    expect(days('0 0 */1 * MON', 2)).to.deep.equal(['2025-01-01', '2025-01-02']);
    expect(days('0 0 1-31 * MON', 2)).to.deep.equal(['2025-01-01', '2025-01-02']);
    expect(days('0 0 15 * */1', 2)).to.deep.equal(['2025-01-01', '2025-01-02']);
    expect(days('0 0 * * MON', 2)).to.deep.equal(['2025-01-06', '2025-01-13']);
    expect(days('0 0 ? * MON', 2)).to.deep.equal(['2025-01-06', '2025-01-13']);
    expect(days('0 0 15 * ?', 2)).to.deep.equal(['2025-01-15', '2025-02-15']);
  });

  it('knows Sunday as 0, as 7 and in ranges', () => {
    expect(days('0 0 * * 0', 2)).to.deep.equal(['2025-01-05', '2025-01-12']);
    expect(days('0 0 * * 7', 2)).to.deep.equal(['2025-01-05', '2025-01-12']);
    expect(days('0 0 * * 5-7')).to.deep.equal(['2025-01-03', '2025-01-04', '2025-01-05', '2025-01-10']);
    expect(days('0 0 * * 0-7', 2)).to.deep.equal(['2025-01-01', '2025-01-02']);
    expect(days('0 0 * * 0,7', 2)).to.deep.equal(['2025-01-05', '2025-01-12']);
  });

  it('counts from the end of the month', () => {
    expect(days('0 0 L * *', 3)).to.deep.equal(['2025-01-31', '2025-02-28', '2025-03-31']);
    expect(days('0 0 L-3 * *', 2)).to.deep.equal(['2025-01-28', '2025-02-25']);
    expect(days('0 0 LW * *', 5).at(4)).to.equal('2025-05-30');
    expect(days('0 0 * * FRIL', 2)).to.deep.equal(['2025-01-31', '2025-02-28']);
    expect(days('0 0 * * 5L', 2)).to.deep.equal(['2025-01-31', '2025-02-28']);
    expect(days('0 0 * * 7l', 1)).to.deep.equal(['2025-01-26']);
  });

  it('finds the nearest workday without leaving the month', () => {
    expect(days('0 0 15W 2,3,6 *', 3)).to.deep.equal(['2025-02-14', '2025-03-14', '2025-06-16']);
    expect(days('0 0 1W 2,3,6 *', 3)).to.deep.equal(['2025-02-03', '2025-03-03', '2025-06-02']);
    expect(days('0 0 31W 8 *', 1)).to.deep.equal(['2025-08-29']);
    expect(days('0 0 30W * *', 2)).to.deep.equal(['2025-01-30', '2025-03-31']);
  });

  it('finds the nth weekday, and skips months that lack it', () => {
    expect(days('0 0 * * MON#2', 2)).to.deep.equal(['2025-01-13', '2025-02-10']);
    expect(days('0 0 * * 3#5', 2)).to.deep.equal(['2025-01-29', '2025-04-30']);
    expect(days('0 0 * * 7#1', 1)).to.deep.equal(['2025-01-05']);
  });

  it('reaches the rarest of days', () => {
    expect(days('0 0 29 2 *', 3, '2095-01-01T00:00:00Z')).to.deep.equal(['2096-02-29', '2104-02-29', '2108-02-29']);
    expect(days('0 0 * 2 MON#5', 2, '2085-01-01T00:00:00Z')).to.deep.equal(['2112-02-29', '2140-02-29']);
    expect(days('0 0 29 2 MON#5', 2)).to.deep.equal(['2028-02-29', '2032-02-29']);
  });
});
