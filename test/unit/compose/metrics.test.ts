import { expect } from 'chai';
import { APPEND_SECONDS, CALL_SECONDS, LATENESS_SECONDS } from '../../../src/compose/metrics/service-metrics.ts';
import { LATE_AFTER_MS } from '../../../src/domain/execution/lateness.ts';
import { BATCH_APPENDS } from '../../../src/event-store/postgres/store.ts';
import { REQUEST_SECONDS } from '../../../src/http/watch-requests.ts';

const BOUNDS = { APPEND_SECONDS, BATCH_APPENDS, CALL_SECONDS, LATENESS_SECONDS, REQUEST_SECONDS };

describe('the bounds of histograms', () => {
  for (const [name, bounds] of Object.entries(BOUNDS)) {
    it(`rise, and are few enough for one series each: ${name}`, () => {
      expect(bounds).to.deep.equal([...new Set(bounds)].toSorted((a, b) => a - b));
      expect(bounds.length).to.be.within(8, 15);
    });
  }

  it('show which slots are late, by the limit that makes them so', () => {
    expect(LATENESS_SECONDS).to.include(LATE_AFTER_MS / 1_000);
  });

  it('reach the largest timeout of a call, if the log gives up, and what a transaction takes', () => {
    expect(CALL_SECONDS.at(-1)).to.equal(1_800);
    expect(APPEND_SECONDS.at(-1)).to.equal(10);
    expect(BATCH_APPENDS.at(-1)).to.equal(1_500);
  });
});
