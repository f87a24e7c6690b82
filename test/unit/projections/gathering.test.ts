import { expect } from 'chai';
import { createFlushableSleep, waitForTexts } from '../../../src/projections/gathering.ts';
import { createSleep } from '../../../src/runtime/runtime.ts';

describe('gathering', () => {
  const { signal } = new AbortController();
  /** Sleeps for this long, ms; `undefined` once they are over. */
  const asleep: (number | undefined)[] = [];
  const after = (delayMs: number) => {
    const place = asleep.push(delayMs) - 1;
    return () => {
      asleep[place] = undefined;
    };
  };
  beforeEach(() => {
    asleep.length = 0;
  });

  it('skips the first sleep, and after a flush the sleep that it ends and the next one', async () => {
    const { sleep, flush } = createFlushableSleep({ after, sleep: createSleep(after) }, signal);
    await sleep(50, signal);
    expect(asleep).to.deep.equal([]);
    const second = sleep(60, signal);
    expect(asleep).to.deep.equal([60]);
    flush();
    await second;
    await sleep(70, signal);
    expect(asleep).to.deep.equal([undefined]);
    void sleep(80, signal);
    expect(asleep).to.deep.equal([undefined, 80]);
  });

  it('ends a sleep when the batch needs to wait no longer', async () => {
    const { sleep } = createFlushableSleep({ after, sleep: createSleep(after) }, signal);
    await sleep(50, signal);
    const isOver = new AbortController();
    const second = sleep(60, isOver.signal);
    isOver.abort();
    await second;
    expect(asleep).to.deep.equal([undefined]);
  });

  it('lets texts wait until the batch is full', () => {
    const gathered = (count: number) => ({
      events: Array(count).fill({}),
      begun: new Set<number>(),
      hasRequests: false,
      hasOthers: true,
    });
    expect(waitForTexts(3)(gathered(2))).to.be.above(0);
    expect(waitForTexts(3)(gathered(3))).to.equal(0);
  });
});
