import { expect } from 'chai';
import { backoffMs, withFullJitter } from '../../../src/runtime/retry.ts';
import type { Random } from '../../../src/runtime/runtime.ts';
import { stub } from '../../support/stub.ts';

describe('backoff', () => {
  it('doubles the pause with each retry, up to the longest', () => {
    const pauses = [1, 2, 3, 4, 5, 6].map((retry) => backoffMs(retry, { firstMs: 50, longestMs: 500 }));
    expect(pauses).to.deep.equal([50, 100, 200, 400, 500, 500]);
  });

  it('stays at the longest pause however often it failed', () => {
    expect(backoffMs(100_000, { firstMs: 50, longestMs: 500 })).to.equal(500);
  });

  it('shortens a pause by up to half', () => {
    const shortened = [0, 0.5, 1].map((fraction) => withFullJitter(200, stub<Random>({ fraction: () => fraction })));
    expect(shortened).to.deep.equal([100, 150, 200]);
  });
});
