import { expect } from 'chai';
import type { EngineContext } from '../../../../src/engine/context.ts';
import type { HeldClaim } from '../../../../src/engine/run/claim.ts';
import { createDispatch } from '../../../../src/engine/run/dispatch.ts';
import { createOpenCalls } from '../../../../src/engine/run/open-calls.ts';
import { createFairCapacity, MAX_AHEAD, type Permit } from '../../../../src/runtime/fair-capacity.ts';
import { aJobTable } from '../../../support/job-tables.ts';
import { runsOf } from '../../../support/run-events.ts';
import { stub } from '../../../support/stub.ts';
import { manualWorld } from '../../../support/world.ts';

const T0 = Date.UTC(2026, 0, 1);
/** The claim of a slot of this time. */
const claim = (executionId: number, ticket: Permit, slotMs = T0): HeldClaim =>
  stub<HeldClaim>({ claim: runsOf(1).start(executionId, slotMs).data, ticket });

const start = (count: number, countPerTarget: number) => {
  const world = manualWorld({ nowMs: T0 });
  const calls = new Map<number, HeldClaim>();
  const places = createFairCapacity({ count, countPerTarget, maxAhead: MAX_AHEAD, clock: world.clock });
  const context = stub<EngineContext>({ world, table: aJobTable(world.clock), calls: createOpenCalls() });
  const dispatch = createDispatch(context, places, {
    prepare: () => {},
    call: (held) => void calls.set(held.claim.executionId, held),
    left: () => new Map(),
  });
  const ticket = (target = 'a'): Permit => {
    const admitted = places.admit(places.flowOf('acme', target));
    if (admitted === undefined) throw new Error('there is no place');
    return admitted;
  };
  const end = async (executionId: number) => {
    const held = calls.get(executionId);
    calls.delete(executionId);
    if (held !== undefined) dispatch.ended(held);
    await world.advance(0);
  };
  return { world, dispatch, ticket, end, under: () => [...calls.keys()] };
};

describe('dispatch', () => {
  it('calls no slot before it is due, and all of one instant then', async () => {
    const { world, dispatch, ticket, under } = start(10, 10);
    dispatch.add(claim(1, ticket(), T0 + 200));
    dispatch.add(claim(2, ticket(), T0 + 200));
    await world.advance(199);
    expect(under()).to.deep.equal([]);
    await world.advance(1);
    expect(under()).to.deep.equal([1, 2]);
  });
  it('calls within a second what a clock put forward makes due', async () => {
    const { world, dispatch, ticket, under } = start(10, 10);
    dispatch.add(claim(1, ticket(), T0 + 3_600_000));
    world.setWallClock(T0 + 3_600_000);
    await world.advance(1_000);
    expect(under()).to.deep.equal([1]);
  });
  it('lets claims ahead of their places wait for these, first come first', async () => {
    const { dispatch, ticket, under, end } = start(5, 5);
    dispatch.add(claim(1, ticket()));
    dispatch.add(claim(2, ticket()));
    await end(1);
    await end(2);
    for (const id of [3, 4, 5]) dispatch.add(claim(id, ticket()));
    expect(under()).to.deep.equal([3, 4]);
    expect(dispatch.waiting()).to.equal(1);
    await end(3);
    expect(under()).to.deep.equal([4, 5]);
  });
  it('passes a place on to another target in turn, though the one that had it has more claims that wait', async () => {
    const { dispatch, ticket, under, end } = start(1, 1);
    for (const target of ['a', 'b']) {
      for (let id = 1; id <= 8; id++) {
        dispatch.add(claim(id, ticket(target)));
        await end(id);
      }
    }
    dispatch.add(claim(11, ticket('a')));
    dispatch.add(claim(12, ticket('a')));
    dispatch.add(claim(21, ticket('b')));
    await end(11);
    expect(under()).to.deep.equal([12]);
    dispatch.add(claim(13, ticket('a')));
    await end(12);
    expect(under()).to.deep.equal([21]);
    await end(21);
    expect(under()).to.deep.equal([13]);
  });
  it('gives the place of a claim that came to nothing to one that waits', async () => {
    const { dispatch, ticket, under, end } = start(1, 1);
    dispatch.add(claim(1, ticket()));
    await end(1);
    const lost = ticket();
    dispatch.add(claim(2, ticket()));
    expect(under()).to.deep.equal([]);
    dispatch.giveBack(lost);
    expect(under()).to.deep.equal([2]);
  });
  it('is idle when all has ended', async () => {
    const { world, dispatch, ticket, end } = start(10, 10);
    dispatch.add(claim(1, ticket()));
    dispatch.add(claim(2, ticket(), T0 + 1));
    let idle = false;
    const waited = dispatch.idle().then(() => {
      idle = true;
    });
    await end(1);
    expect(idle).to.equal(false);
    await world.advance(1);
    await end(2);
    await waited;
    expect(idle).to.equal(true);
  });
});
