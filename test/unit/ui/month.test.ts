import { expect } from 'chai';
import { formatMonth, monthAfter, weeksOf } from '../../../ui/src/format/month.ts';

describe('months of the page', () => {
  it('have weeks from Monday to Sunday', () => {
    const weeks = weeksOf('2026-11');
    expect(weeks.map((week) => week.length)).to.deep.equal([7, 7, 7, 7, 7, 7]);
    expect(weeks[0]).to.deep.equal([...Array.from({ length: 6 }, () => undefined), '2026-11-01']);
    expect(weeks.flat().filter((day) => day !== undefined)).to.have.length(30);
    expect(weeksOf('2024-02').flat()).to.include('2024-02-29').and.not.include('2024-02-30');
  });

  it('follow each other over the turn of a year', () => {
    expect([monthAfter('2026-12', 1), monthAfter('2026-01', -1), monthAfter('2026-03', 12)]).to.deep.equal([
      '2027-01',
      '2025-12',
      '2027-03',
    ]);
    expect(formatMonth('2026-11')).to.equal('November 2026');
  });
});
