import { expect } from 'chai';
import { type LogPage, type PageSource, pagedSubscription } from '../../../src/event-store/log-tail.ts';
import { type Position, positionOf, type RecordedEvent, type SubscriptionItem } from '../../../src/event-store/port.ts';
import { contractCodec, reserved } from '../../contract/event-store-support.ts';
import { settle } from '../../support/world.ts';

const oneEventPage = (after: Position, last = 1_000): LogPage => {
  const place = Number(after) + 1;
  const where = { id: `${place}`, stream: 'job-1', revision: place - 1, position: positionOf(place), recordedAt: 0 };
  return {
    events: [{ ...where, ...contractCodec.encode(reserved(`${place}`)) }],
    considered: positionOf(place),
    atEnd: place === last,
  };
};

const subscribed = (page: PageSource<RecordedEvent>['page']) => {
  const requested: number[] = [];
  const mended: number[] = [];
  const stopping = new AbortController();
  const source: PageSource<RecordedEvent> = {
    page: (after) => {
      requested.push(Number(after));
      return page(after);
    },
    moreAfter: () => new Promise(() => {}),
    mend: async (_error, failures) => void mended.push(failures),
  };
  return {
    asked: requested,
    mended,
    stopping,
    items: pagedSubscription(source, contractCodec.decode, { signal: stopping.signal }),
  };
};

describe('paged subscription', () => {
  it('buffers at most one page ahead of a slow reader', async () => {
    const { asked: requested, stopping, items } = subscribed(async (after) => oneEventPage(after));
    await items.next();
    for (let turn = 0; turn < 10; turn++) await settle();
    expect(requested).to.deep.equal([0, 1]);
    await items.next();
    expect(requested).to.deep.equal([0, 1, 2]);
    stopping.abort();
    expect((await items.next()).done).to.equal(true);
  });

  it('retries a failed page, and counts consecutive failures', async () => {
    let calls = 0;
    const {
      asked: requested,
      mended,
      items,
    } = subscribed(async (after) => {
      calls += 1;
      if (calls === 2 || calls === 3 || calls === 5) throw new Error('cut');
      return oneEventPage(after);
    });
    const seen: SubscriptionItem[] = [];
    for (let count = 0; count < 3; count++) {
      const { value } = await items.next();
      if (value) seen.push(value);
    }
    expect(requested.slice(0, 6)).to.deep.equal([0, 1, 1, 1, 2, 2]);
    expect(mended).to.deep.equal([1, 2, 1]);
    expect(seen.map((item) => item.kind === 'events' && item.events[0]?.id)).to.deep.equal(['1', '2', '3']);
  });

  it('is handed what is at hand once it has caught up, and reads again if nothing is', async () => {
    const requested: number[] = [];
    const handed = [oneEventPage(positionOf(1)), { ...oneEventPage(positionOf(2)), atEnd: true }];
    const stopping = new AbortController();
    const source: PageSource<RecordedEvent> = {
      page: async (after) => {
        requested.push(Number(after));
        return { ...oneEventPage(after), atEnd: after === positionOf(0) };
      },
      atHand: (after) => {
        const page = handed[Number(after) - 1];
        return page && { ...page, events: page.events.flatMap((raw) => contractCodec.decode(raw) ?? []) };
      },
      moreAfter: async () => {},
      mend: async () => {},
    };
    const items = pagedSubscription(source, contractCodec.decode, { signal: stopping.signal });
    const seen: (string | undefined)[] = [];
    for (let count = 0; count < 6; count++) {
      const { value } = await items.next();
      if (value?.kind === 'events') seen.push(value.events[0]?.id);
      if (value?.kind === 'caughtUp') seen.push(`${value.kind} ${Number(value.position)}`);
    }
    stopping.abort();
    expect(seen).to.deep.equal(['1', 'caughtUp 1', '2', '3', 'caughtUp 3', '4']);
    expect(requested).to.deep.equal([0, 3]);
  });

  it('ends on request while a page never comes', async () => {
    const { stopping, items } = subscribed(() => new Promise(() => {}));
    const next = items.next();
    stopping.abort();
    expect((await next).done).to.equal(true);
  });
});
