import { expect } from 'chai';
import { createRecentStarts } from '../../../../src/engine/run/recent-starts.ts';

describe('recent starts', () => {
  it('counts those after an instant, in whatever order they came', () => {
    const starts = createRecentStarts();
    for (const atMs of [30, 10, 20, 40]) starts.add(atMs);
    expect(starts.countSince(9)).to.equal(4);
    expect(starts.countSince(20)).to.equal(2);
    expect(starts.nthSince(20, 2)).to.equal(40);
    expect(starts.nthSince(20, 3)).to.equal(undefined);
  });
  it('forgets what is too long ago', () => {
    const starts = createRecentStarts();
    for (let atMs = 0; atMs < 5_000; atMs++) {
      starts.add(atMs);
      expect(starts.countSince(atMs - 10)).to.equal(Math.min(10, atMs + 1));
    }
    starts.add(4_000);
    expect(starts.countSince(4_989)).to.equal(10);
  });
});
