import { expect } from 'chai';
import { lastRecovery } from '../../../../src/event-store/postgres/adapter.ts';

describe('the history of a timeline', () => {
  it('distinguishes recoveries to a point in time from failovers', () => {
    const failovers = '1\t0/3000148\tno recovery target specified\n\n2\t0/4000148\tno recovery target specified\n';
    expect(lastRecovery('')).to.equal(undefined);
    expect(lastRecovery(failovers)).to.equal(undefined);
    expect(lastRecovery(`${failovers}3\t0/5000148\tbefore 2026-03-01 12:00:00+00\n`)).to.equal(3);
    expect(lastRecovery(`1\t0/3000148\treached consistency\n2\t0/4000148\tno recovery target specified\n`)).to.equal(1);
    expect(lastRecovery('# 9 a comment\n1\t0/3000148\tafter LSN 0/3000100\n')).to.equal(1);
  });
});
