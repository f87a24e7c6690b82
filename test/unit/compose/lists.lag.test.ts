import { expect } from 'chai';
import { createListLag } from '../../../src/compose/lists.ts';
import { positionOf } from '../../../src/event-store/port.ts';

describe('the lag of lists', () => {
  it('counts from when the first end was seen that they have not come to', () => {
    const lag = createListLag();
    lag.seeEnd(positionOf(5), 1_000);
    lag.seeEnd(positionOf(5), 2_000);
    lag.seeEnd(positionOf(8), 3_000);
    expect(lag.behindSinceMs(positionOf(4))).to.equal(1_000);
    expect(lag.behindSinceMs(positionOf(5))).to.equal(3_000);
    expect(lag.behindSinceMs(positionOf(8))).to.equal(undefined);
    lag.seeEnd(positionOf(8), 4_000);
    expect(lag.behindSinceMs(positionOf(8))).to.equal(undefined);
  });

  it('stays exact at both ends however long lists are behind', () => {
    const lag = createListLag();
    for (let second = 1; second <= 10_000; second += 1) lag.seeEnd(positionOf(second), second);
    expect(lag.behindSinceMs(positionOf(0))).to.equal(1);
    expect(lag.behindSinceMs(positionOf(9_999))).to.equal(10_000);
    expect(lag.behindSinceMs(positionOf(10_000))).to.equal(undefined);
  });
});
