import { expect } from 'chai';
import { meetsAll } from '../../../bench/harness.ts';

describe('bench harness', () => {
  it('holds when every target is met, and not when one is missed or unmeasured', () => {
    const targets = { fastPerSecond: { atLeast: 10 }, slowMs: { atMost: 5 } };
    expect(meetsAll({ fastPerSecond: 10, slowMs: 5 }, targets)).to.equal(true);
    expect(meetsAll({ fastPerSecond: 9, slowMs: 5 }, targets)).to.equal(false);
    expect(meetsAll({ fastPerSecond: 10 }, targets)).to.equal(false);
  });
});
