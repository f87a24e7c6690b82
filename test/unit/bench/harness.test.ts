import { expect } from 'chai';
import { meetsAll, quantile } from '../../../bench/harness.ts';

describe('bench harness', () => {
  it('holds when every target is met, and not when one is missed or unmeasured', () => {
    const targets = { fastPerSecond: { atLeast: 10 }, slowMs: { atMost: 5 } };
    expect(meetsAll({ figures: { fastPerSecond: 10, slowMs: 5 }, targets })).to.equal(true);
    expect(meetsAll({ figures: { fastPerSecond: 9, slowMs: 5 }, targets })).to.equal(false);
    expect(meetsAll({ figures: { fastPerSecond: 10 }, targets })).to.equal(false);
  });

  it('finds quantiles of samples in any order', () => {
    expect(quantile([3, 1, 2, 4], 0.5)).to.equal(3);
    expect(quantile([3, 1, 2, 4], 1)).to.equal(4);
  });
});
