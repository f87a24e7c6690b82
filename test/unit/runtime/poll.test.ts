import { expect } from 'chai';
import { poll, pollAfterDelay, pollUntilFound } from '../../../src/runtime/poll.ts';
import { manualWorld, settle } from '../../support/world.ts';

const EVERY_MS = 10_000;

describe('a loop that looks', () => {
  const looking = (begin: typeof poll) => {
    const world = manualWorld();
    const stopping = new AbortController();
    let looks = 0;
    const look = () => {
      looks += 1;
    };
    const over = begin(look, { timers: world.timers, everyMs: EVERY_MS, signal: stopping.signal });
    return { world, stopping, over, looks: () => looks };
  };

  it('polls immediately, and after each pause, until it is stopped', async () => {
    const { world, stopping, over, looks } = looking(poll);
    await settle();
    expect(looks()).to.equal(1);
    await world.advance(2 * EVERY_MS);
    expect(looks()).to.equal(3);
    stopping.abort();
    await over;
    expect([looks(), world.pendingTimers()]).to.deep.equal([3, 0]);
  });

  it('polls first after a pause, and never if it is stopped before', async () => {
    const { world, looks } = looking(pollAfterDelay);
    await settle();
    expect(looks()).to.equal(0);
    await world.advance(EVERY_MS);
    expect(looks()).to.equal(1);
    const other = looking(pollAfterDelay);
    other.stopping.abort();
    await other.over;
    expect(other.looks()).to.equal(0);
  });
});

describe('a search', () => {
  const search = (foundAt: number) => {
    const world = manualWorld();
    let looks = 0;
    const found = pollUntilFound(world, { limitMs: 1_000, everyMs: 100 }, async () => {
      looks += 1;
      return looks === foundAt ? 'it' : undefined;
    });
    return { world, found, looks: () => looks };
  };

  it('ends when something is found', async () => {
    const { world, found, looks } = search(3);
    await world.advance(5_000);
    expect([await found, looks()]).to.deep.equal(['it', 3]);
  });

  it('ends without anything at its limit', async () => {
    const { world, found, looks } = search(100);
    await world.advance(5_000);
    expect([await found, looks()]).to.deep.equal([undefined, 11]);
  });
});
