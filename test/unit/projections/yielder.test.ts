import { expect } from 'chai';
import { createYielder } from '../../../src/projections/yielder.ts';

describe('turns of a thread', () => {
  /** Says whether what was to run in the next turn has run once `yieldIfDue` resolves. */
  const hadTheirTurn = async (passedMs: number): Promise<boolean> => {
    let nowMs = 0;
    const yielder = createYielder({ monotonic: () => nowMs });
    let ran = false;
    setImmediate(() => {
      ran = true;
    });
    nowMs += passedMs;
    await yielder.yieldIfDue();
    return ran;
  };

  it('are given to others after two milliseconds', async () => {
    expect(await hadTheirTurn(2)).to.equal(true);
  });

  it('continue if little time has passed', async () => {
    expect(await hadTheirTurn(1.9)).to.equal(false);
  });

  it('are counted from the last one', async () => {
    let nowMs = 0;
    const yielder = createYielder({ monotonic: () => nowMs });
    nowMs = 2;
    await yielder.yieldIfDue();
    let ran = false;
    setImmediate(() => {
      ran = true;
    });
    nowMs = 3;
    await yielder.yieldIfDue();
    expect(ran).to.equal(false);
    nowMs = 4;
    await yielder.yieldIfDue();
    expect(ran).to.equal(true);
  });
});
