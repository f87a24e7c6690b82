import { expect } from 'chai';
import { createProgress } from '../../../src/event-store/progress.ts';

describe('progress', () => {
  it('is none while a reader that is behind the log’s end does not move', () => {
    const { look, stillSinceMs } = createProgress();
    look({ reached: '1', end: '3', atMs: 10 });
    look({ reached: '2', end: '4', atMs: 20 });
    expect(stillSinceMs()).to.equal(20);
    look({ reached: '2', end: '5', atMs: 30 });
    expect(stillSinceMs()).to.equal(20);
    look({ reached: '5', end: '5', atMs: 40 });
    expect(stillSinceMs()).to.equal(undefined);
    look({ reached: '5', end: '5', atMs: 50 });
    expect(stillSinceMs()).to.equal(undefined);
    look({ reached: '5', end: '6', atMs: 60 });
    expect(stillSinceMs()).to.equal(60);
  });
  it('is none for a reader that never began, and unknown for an empty log', () => {
    const { look, stillSinceMs } = createProgress();
    look({ reached: undefined, end: undefined, atMs: 10 });
    expect(stillSinceMs()).to.equal(undefined);
    look({ reached: undefined, end: '1', atMs: 20 });
    look({ reached: undefined, end: '1', atMs: 30 });
    expect(stillSinceMs()).to.equal(20);
  });
});
