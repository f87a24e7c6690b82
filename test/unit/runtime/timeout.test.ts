import { expect } from 'chai';
import { abortOnSignal, awaitWithTimeout, withTimeout } from '../../../src/runtime/timeout.ts';
import { manualWorld } from '../../support/world.ts';

describe('a time limit', () => {
  const never = new Promise<string>(() => {});

  it('lets through what comes in time, and leaves no timer', async () => {
    const world = manualWorld();
    expect(await awaitWithTimeout(world.timers, 100, Promise.resolve('in time'))).to.equal('in time');
    expect(world.pendingTimers()).to.equal(0);
  });

  it('gives undefined for what is late, or what its limit states', async () => {
    const world = manualWorld();
    const responses = [
      awaitWithTimeout(world.timers, 100, never),
      withTimeout(world.timers, { limitMs: 100, late: () => 'late' }, never),
    ];
    await world.advance(100);
    expect(await Promise.all(responses)).to.deep.equal([undefined, 'late']);
  });

  it('rejects with what its limit throws', async () => {
    const world = manualWorld();
    const late = (): never => {
      throw new Error('too late');
    };
    const response = withTimeout(world.timers, { limitMs: 100, late }, never).catch((error: unknown) => error);
    await world.advance(100);
    expect(await response)
      .to.be.an('error')
      .with.property('message', 'too late');
  });
});

describe('a signal for a time', () => {
  it('aborts after it, and reports it', async () => {
    const world = manualWorld();
    const given = abortOnSignal(world.timers, 100, async (signal) => {
      await world.timers.sleep(1_000, signal);
      return signal.reason;
    });
    await world.advance(100);
    expect(await given).to.have.property('message', 'no response in 100 ms');
  });

  it('aborts once the work has ended, so that nothing of it continues', async () => {
    const world = manualWorld();
    const signal = await abortOnSignal(world.timers, 100, async (each) => each);
    expect([signal.aborted, world.pendingTimers()]).to.deep.equal([true, 0]);
  });
});
