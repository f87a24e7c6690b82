import { expect } from 'chai';
import { createMonotonic } from '../../../src/runtime/node-runtime.ts';

describe('monotonic clock', () => {
  const start = () => {
    let [runningMs, wallMs, bootMs, requested] = [50, 1_767_225_600_000, 90_000, 0];
    const monotonic = createMonotonic({
      running: () => runningMs,
      wall: () => wallMs,
      sinceBoot: () => {
        requested++;
        return Math.floor(bootMs / 1_000) * 1_000;
      },
    });
    const pass = (ms: number) => {
      [runningMs, wallMs, bootMs] = [runningMs + ms, wallMs + ms, bootMs + ms];
    };
    const sleep = (ms: number) => {
      [wallMs, bootMs] = [wallMs + ms, bootMs + ms];
    };
    const put = (ms: number) => {
      wallMs += ms;
    };
    return { monotonic, pass, sleep, put, asked: () => requested };
  };

  it('continues while the machine is suspended', () => {
    const { monotonic, pass, sleep } = start();
    const beganMs = monotonic();
    pass(10_000);
    sleep(8 * 3_600_000);
    pass(1_000);
    expect(monotonic() - beganMs).to.be.closeTo(8 * 3_600_000 + 11_000, 1_000);
    sleep(60_000);
    expect(monotonic() - beganMs).to.be.closeTo(8 * 3_600_000 + 71_000, 1_000);
  });
  it('is not moved by a wall clock that is put, and requests the time since boot only then', () => {
    const { monotonic, pass, put, asked: requested } = start();
    const beganMs = monotonic();
    pass(10_999);
    monotonic();
    expect(requested()).to.equal(1);
    put(3_600_000);
    expect(monotonic() - beganMs).to.equal(10_999);
    put(-7_200_000);
    expect(monotonic() - beganMs).to.equal(10_999);
    expect(requested()).to.equal(3);
  });
});
