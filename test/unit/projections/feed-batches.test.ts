import { expect } from 'chai';
import { positionOf } from '../../../src/event-store/port.ts';
import { type FeedBatch, wholeBatches } from '../../../src/projections/feed-batches.ts';
import { history, recorded } from '../../support/histories.ts';

const events = recorded(history(Array.from({ length: 9 }, () => ({ jobId: 1, step: 'claim' as const }))));
const batch = (first: number, last: number, caughtUp = false): FeedBatch => {
  const some = events.slice(first - 1, last);
  return { events: some, texts: some, parked: [], position: positionOf(last), caughtUp, count: some.length };
};

const whole = async (...batches: FeedBatch[]) => {
  async function* given() {
    yield* batches;
  }
  const found = await Array.fromAsync(wholeBatches(given(), 3));
  for (const { events: these, texts, count } of found) {
    expect(texts).to.deep.equal(these);
    expect(count).to.equal(these.length);
  }
  return found.map(({ events: these, position, caughtUp }) => [
    these.map((event) => Number(event.position)),
    Number(position),
    caughtUp,
  ]);
};

describe('whole batches', () => {
  it('are put together of small ones, in order, up to where the last of them ends', async () => {
    expect(await whole(batch(1, 1), batch(2, 2), batch(3, 4), batch(5, 9))).to.deep.equal([
      [[1, 2, 3, 4], 4, false],
      [[5, 6, 7, 8, 9], 9, false],
    ]);
  });

  it('are handed out at the end of the log however small they are, and where there is no more', async () => {
    expect(await whole(batch(1, 1), batch(2, 2, true), batch(3, 3))).to.deep.equal([
      [[1, 2], 2, true],
      [[3], 3, false],
    ]);
  });
});
