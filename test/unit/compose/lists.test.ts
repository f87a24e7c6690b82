import { expect } from 'chai';
import { withCommonTime } from '../../../src/compose/core.ts';
import { createListLag, watchLists } from '../../../src/compose/lists.ts';
import type { Shared } from '../../../src/compose/shared.ts';
import { LOG_START, type Position, positionOf } from '../../../src/event-store/port.ts';
import { codec } from '../../support/codec.ts';
import { history, recorded } from '../../support/histories.ts';
import { createMemoryEventStore } from '../../support/memory-store.ts';
import { stub } from '../../support/stub.ts';
import { manualWorld } from '../../support/world.ts';

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

const SECOND_MS = 1_000;

describe('the watch over lists', () => {
  const watching = async ({ behindAtStartMs = 0 } = {}) => {
    const world = manualWorld();
    const found: { end: Position; reached: Position | undefined; unattended: string[] } = {
      end: positionOf(3),
      reached: positionOf(behindAtStartMs === 0 ? 3 : 2),
      unattended: [],
    };
    const recordedAt = world.clock.now() - behindAtStartMs;
    const store = createMemoryEventStore({ codec, now: () => recordedAt });
    for (const event of recorded(history([{ jobId: 1, step: 'edit' }]))) {
      await store.append({
        stream: event.stream,
        expectedRevision: event.revision - 1,
        events: [{ ...event, id: crypto.randomUUID() }],
      });
    }
    const lists = watchLists(
      stub<Shared>({
        store,
        world: withCommonTime(world),
        readers: stub<Shared['readers']>({ logEnd: async () => found.end }),
        queries: stub<Shared['queries']>({ reached: () => found.reached }),
        onStop: () => {},
      }),
      async () => found.unattended,
    );
    await world.advance(0);
    return { world, found, lists };
  };

  it('does not mention lists that show all of the log', async () => {
    const { world, lists } = await watching();
    await world.advance(60 * SECOND_MS);
    expect([lists.lagSeconds(), lists.issues()]).to.deep.equal([0, []]);
  });

  it('distinguishes lists that do not exist yet from those that fail', async () => {
    const { found, lists } = await watching();
    const made = [LOG_START, undefined, positionOf(1)].map((reached) => {
      found.reached = reached;
      return lists.areMade();
    });
    expect(made).to.deep.equal([false, true, true]);
  });

  it('counts the seconds that lists are behind, and calls it an issue after five', async () => {
    const { world, found, lists } = await watching();
    await world.advance(10 * SECOND_MS);
    found.end = positionOf(4);
    await world.advance(SECOND_MS);
    const sinceMs = world.clock.now();
    await world.advance(3 * SECOND_MS);
    expect([lists.lagSeconds(), lists.issues()]).to.deep.equal([3, []]);
    await world.advance(4 * SECOND_MS);
    const since = new Date(sinceMs).toISOString();
    expect(lists.issues()).to.deep.equal([
      { component: 'lists', since, reason: 'The read models are 7 s behind the log.' },
    ]);
    found.reached = positionOf(4);
    expect([lists.lagSeconds(), lists.issues()]).to.deep.equal([0, []]);
  });

  it('reads from the log at its start since when lists lag', async () => {
    const { lists } = await watching({ behindAtStartMs: 3_600_000 });
    expect(lists.lagSeconds()).to.equal(3_600);
  });

  it('claims nothing while the progress of the lists is unknown', async () => {
    const { world, found, lists } = await watching();
    [found.end, found.reached] = [positionOf(9), undefined];
    await world.advance(60 * SECOND_MS);
    expect([lists.lagSeconds(), lists.issues()]).to.deep.equal([0, []]);
  });

  it('reports which projections no one runs, once that has lasted for 5 s', async () => {
    const { world, found, lists } = await watching();
    found.unattended = ['jobs', 'executions'];
    await world.advance(SECOND_MS);
    const since = new Date(world.clock.now()).toISOString();
    await world.advance(4 * SECOND_MS);
    expect(lists.issues()).to.deep.equal([]);
    await world.advance(SECOND_MS);
    const reason = 'No process runs these projections: jobs, executions. Start a process with the role projections.';
    expect(lists.issues()).to.deep.equal([{ component: 'projections', since, reason }]);
    found.unattended = [];
    await world.advance(SECOND_MS);
    expect(lists.issues()).to.deep.equal([]);
  });
});
