import { expect } from 'chai';
import { createCommonTime } from '../../../../src/engine/cluster/common-time.ts';
import { manualWorld } from '../../../support/world.ts';

const T0 = Date.UTC(2026, 0, 1);

describe('common time', () => {
  const start = () => {
    const world = manualWorld({ nowMs: T0 });
    const time = createCommonTime(world.clock, world.log);
    const observe = (serverMs: number) =>
      time.observe({ serverMs, sentMs: world.clock.monotonic(), receivedMs: world.clock.monotonic() });
    return { world, time, observe };
  };

  it('is the process’s own until the first measurement, then the server’s', async () => {
    const { world, time, observe } = start();
    expect(time.now()).to.equal(T0);
    observe(T0 + 40_000);
    expect(time.now()).to.equal(T0 + 40_000);
    await world.advance(5_000);
    expect(time.now()).to.equal(T0 + 45_000);
  });
  it('does not follow a wall clock that was moved', () => {
    const { world, time, observe } = start();
    observe(T0);
    world.setWallClock(T0 + 3_600_000);
    expect(time.now()).to.equal(T0);
  });
  it('follows small changes immediately, a jump only when it has held for a minute, and reports it', async () => {
    const { world, time, observe } = start();
    observe(T0);
    observe(T0 + 300);
    expect(time.now()).to.equal(T0 + 300);
    observe(T0 + 60_000);
    expect(time.now()).to.equal(T0 + 300);
    await world.advance(59_000);
    observe(T0 + 119_000);
    expect(time.now()).to.equal(T0 + 59_300);
    await world.advance(1_000);
    observe(T0 + 120_000);
    expect(time.now()).to.equal(T0 + 120_000);
    expect(world.lines.filter(({ level }) => level === 'warn')).to.have.length(2);
  });
  it('follows immediately after a pause of the machine, in which the wall clock continued and the monotonic one did not', async () => {
    const { world, time, observe } = start();
    observe(T0);
    await world.advance(10_000);
    const wokenMs = T0 + 10_000 + 8 * 3_600_000;
    world.setWallClock(wokenMs);
    observe(wokenMs);
    expect(time.now()).to.equal(wokenMs);
  });
  it('stops instead of going back', async () => {
    const { world, time, observe } = start();
    observe(T0 + 300);
    expect(time.now()).to.equal(T0 + 300);
    observe(T0);
    expect(time.now()).to.equal(T0 + 300);
    await world.advance(301);
    expect(time.now()).to.equal(T0 + 301);
  });
  it('forgets a jump that did not hold', async () => {
    const { world, time, observe } = start();
    observe(T0);
    observe(T0 + 60_000);
    await world.advance(30_000);
    observe(T0 + 30_000);
    await world.advance(40_000);
    observe(T0 + 130_000);
    expect(time.now()).to.equal(T0 + 70_000);
  });
  it('is not led astray by a response that was late, and is put right immediately after a first one that was', async () => {
    const { world, time, observe } = start();
    await world.advance(12_000);
    time.observe({ serverMs: T0 + 12_000, sentMs: 0, receivedMs: 12_000 });
    expect(time.now()).to.equal(T0 + 18_000);
    observe(T0 + 12_000);
    expect(time.now()).to.equal(T0 + 12_000);
    time.observe({ serverMs: T0 + 12_000, sentMs: 9_000, receivedMs: 12_000 });
    expect(time.now()).to.equal(T0 + 12_000);
  });
  it('keeps to a sure measurement rather than to a later one that is less sure', async () => {
    const { world, time, observe } = start();
    observe(T0);
    await world.advance(1_000);
    time.observe({ serverMs: T0 + 1_000, sentMs: 0, receivedMs: 1_000 });
    expect(time.now()).to.equal(T0 + 1_000);
    time.observe({ serverMs: T0 + 1_400, sentMs: 0, receivedMs: 1_000 });
    expect(time.now()).to.equal(T0 + 1_900);
  });
});
