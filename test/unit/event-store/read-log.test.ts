import { expect } from 'chai';
import { StreamParked } from '../../../src/event-store/errors.ts';
import { positionOf, type SubscriptionItem } from '../../../src/event-store/port.ts';
import { readLog } from '../../../src/event-store/read-log.ts';
import { history, recorded } from '../../support/histories.ts';

describe('the reading of a log', () => {
  const events = recorded(history(Array.from({ length: 6 }, () => ({ jobId: 1, step: 'claim' as const }))));
  const from = (first: number, last: number): SubscriptionItem => ({
    kind: 'events',
    events: events.slice(first - 1, last),
  });
  const caughtUpAt = (place: number): SubscriptionItem => ({ kind: 'caughtUp', position: positionOf(place) });
  const parkedAt = (place: number): SubscriptionItem => {
    const at = { stream: 'job-9', revision: place, position: positionOf(place) };
    const parked = new StreamParked({ ...at, id: `${place}`, type: 'JobUpdated', recordedAt: 0, why: 'no JSON' });
    return { kind: 'parked', position: positionOf(place), parked };
  };

  /** The places of what is read of these items, and whether the subscription was left. */
  const read = async (items: readonly SubscriptionItem[], options: Parameters<typeof readLog>[1] = {}) => {
    let left = false;
    async function* subscribe() {
      try {
        yield* items;
        throw new Error('read beyond the end');
      } finally {
        left = true;
      }
    }
    const pages = await Array.fromAsync(readLog({ subscribe }, options));
    const places = pages.flatMap((page) => [...page.events, ...(page.parked ? [page.parked] : [])]);
    return { places: places.map(({ position }) => Number(position)), left };
  };

  it('ends if the log has been caught up with', async () => {
    expect(await read([from(1, 2), from(3, 4), caughtUpAt(4)])).to.deep.equal({ places: [1, 2, 3, 4], left: true });
  });

  it('ends at the end that is requested, also within a page or if that event is not delivered', async () => {
    const end = positionOf(4);
    expect(await read([from(1, 2), from(3, 6)], { end })).to.deep.equal({ places: [1, 2, 3, 4], left: true });
    expect(await read([from(1, 2), caughtUpAt(5)], { end })).to.deep.equal({ places: [1, 2], left: true });
  });

  it('has each event and each parked stream once, although a subscription delivers them again', async () => {
    const items = [from(1, 3), parkedAt(4), from(2, 3), parkedAt(4), from(3, 6), caughtUpAt(6)];
    expect((await read(items)).places).to.deep.equal([1, 2, 3, 4, 5, 6]);
    expect((await read(items, { after: positionOf(2) })).places).to.deep.equal([3, 4, 5, 6]);
  });
});
