import { expect } from 'chai';
import { createThrottle } from '../../../ui/src/api/throttle.ts';
import { manualWorld } from '../../support/world.ts';

describe('throttle of the page', () => {
  const throttled = (burst?: number) => {
    const world = manualWorld();
    let runs = 0;
    const timing = { now: () => world.clock.monotonic(), after: world.timers.after };
    const throttle = createThrottle(() => (runs += 1), { betweenMs: 1_000, ...(burst && { burst }) }, timing);
    return { throttle, world, runs: () => runs };
  };

  it('runs immediately, and combines later requests', async () => {
    const { throttle, world, runs } = throttled();
    for (let times = 0; times < 100; times += 1) throttle.request();
    expect(runs()).to.equal(1);
    await world.advance(999);
    expect(runs()).to.equal(1);
    await world.advance(1);
    expect(runs()).to.equal(2);
    await world.advance(5_000);
    expect(runs()).to.equal(2);
  });

  it('runs a few times soon after one another, and then at its pace', async () => {
    const { throttle, world, runs } = throttled(3);
    const askFor = async (ms: number): Promise<number> => {
      throttle.request();
      await world.advance(ms);
      return runs();
    };
    expect(await askFor(200)).to.equal(1);
    expect(await askFor(200)).to.equal(2);
    expect(await askFor(200)).to.equal(3);
    expect(await askFor(200), 'the rest of a second since the first').to.equal(3);
    expect(await askFor(200)).to.equal(4);
  });

  it('runs at its average rate at most', async () => {
    const { throttle, world, runs } = throttled(4);
    for (let step = 0; step < 600; step += 1) {
      throttle.request();
      await world.advance(100);
    }
    expect(runs()).to.be.within(58, 64);
  });

  it('forgets pending requests when it is cancelled', async () => {
    const { throttle, world, runs } = throttled();
    throttle.request();
    throttle.request();
    throttle.cancel();
    await world.advance(5_000);
    expect(runs()).to.equal(1);
  });
});
