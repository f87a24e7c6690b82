import { expect } from 'chai';
import { manualWorld } from '../../support/world.ts';

describe('manual world', () => {
  it('fires timers in order of their time, each at its own instant', async () => {
    const { timers, clock, advance } = manualWorld({ nowMs: 1_000 });
    const fired: [string, number][] = [];
    timers.after(20, () => fired.push(['late', clock.now()]));
    timers.after(10, () => {
      fired.push(['early', clock.now()]);
      timers.after(5, () => fired.push(['nested', clock.now()]));
    });
    await advance(20);
    expect(fired).to.deep.equal([
      ['early', 1_010],
      ['nested', 1_015],
      ['late', 1_020],
    ]);
    expect(clock.now()).to.equal(1_020);
  });

  it('fires no timer that was cancelled, and ends a sleep when its signal aborts', async () => {
    const { timers, advance, pendingTimers } = manualWorld();
    timers.after(1, () => expect.fail('was cancelled'))();
    const abort = new AbortController();
    const sleeping = timers.sleep(1_000, abort.signal);
    abort.abort();
    await sleeping;
    await advance(2_000);
    expect(pendingTimers()).to.equal(0);
  });

  it('moves the wall clock without firing anything or moving monotonic time', () => {
    const { clock, setWallClock } = manualWorld();
    setWallClock(5);
    expect([clock.now(), clock.monotonic()]).to.deep.equal([5, 0]);
  });

  it('draws the same numbers for the same seed', () => {
    const draw = (seed: number) => {
      const { random } = manualWorld({ seed });
      return [random.fraction(), random.uuid(), random.bytes(4).toString('hex')];
    };
    expect(draw(3)).to.deep.equal(draw(3));
    expect(draw(3)).not.to.deep.equal(draw(4));
    expect(draw(3)[1]).to.match(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  });
});
