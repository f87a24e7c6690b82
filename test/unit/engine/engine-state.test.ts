import { expect } from 'chai';
import { createCommonTime } from '../../../src/engine/cluster/common-time.ts';
import type { Members } from '../../../src/engine/cluster/members.ts';
import type { EngineStall, Watchdog } from '../../../src/engine/cluster/watchdog.ts';
import type { EngineSetup } from '../../../src/engine/context.ts';
import { createEngineState } from '../../../src/engine/engine-state.ts';
import type { Gate } from '../../../src/engine/gate.ts';
import type { StartGuard } from '../../../src/engine/start-guard.ts';
import { stub } from '../../support/stub.ts';
import { manualWorld, settle } from '../../support/world.ts';

const SECOND_MS = 1_000;

describe('the state of an engine', () => {
  /** A new engine, whose gate is open; others take its jobs when the test says so. */
  const given = () => {
    const world = manualWorld();
    const time = createCommonTime(world.clock, world.log);
    const taken = Promise.withResolvers<void>();
    const rests: number[] = [];
    const around: {
      gateIsOpen: boolean;
      standstill: EngineStall | undefined;
      standbyReason: { why: string; sinceMs: number } | undefined;
      waitsFor: { why: string; sinceMs: number } | undefined;
    } = { gateIsOpen: true, standstill: undefined, standbyReason: undefined, waitsFor: undefined };
    const state = createEngineState(stub<EngineSetup>({ engineId: 'mine', time, world }), {
      members: stub<Members>({
        rest: async (limitMs) => {
          rests.push(limitMs);
          if (limitMs > 0) await taken.promise;
        },
        standbyReason: () => around.standbyReason,
      }),
      watchdog: stub<Watchdog>({ standstill: () => around.standstill }),
      gate: stub<Gate>({ isOpen: () => around.gateIsOpen }),
      guard: stub<StartGuard>({ waitsFor: () => around.waitsFor }),
    });
    return { world, time, state, around, rests, othersTakeItsJobs: taken.resolve };
  };

  it('is starting at first, and claims nothing', () => {
    const { state } = given();
    expect(state.isStarting()).to.equal(true);
    expect(state.isClaiming()).to.equal(false);
    expect(state.describe()).to.deep.equal({ state: 'starting' });
  });

  it('is on standby while it waits for a release, and claims nothing', () => {
    const { state, around } = given();
    around.waitsFor = { why: 'a restored copy', sinceMs: 7 };
    expect(state.isClaiming()).to.equal(false);
    expect(state.describe()).to.deep.equal({ state: 'standby', why: 'a restored copy', sinceMs: 7 });
  });

  it('is claiming from the common time on at which it began, while the gate is open', async () => {
    const { world, time, state, around } = given();
    time.observe({ serverMs: world.clock.now() + 500, sentMs: 0, receivedMs: 0 });
    await world.advance(SECOND_MS);
    state.beginClaiming();
    expect(state.claimingSinceMs()).to.equal(world.clock.now() + 500);
    expect([state.isStarting(), state.isClaiming()]).to.deep.equal([false, true]);
    around.gateIsOpen = false;
    expect(state.isClaiming()).to.equal(false);
    expect(state.describe()).to.deep.equal({ state: 'claiming' });
  });

  it('reports standby or a stall only while it is claiming', async () => {
    const { world, state, around } = given();
    await world.advance(20 * SECOND_MS);
    around.standbyReason = { why: 'other time zones', sinceMs: 7 };
    expect(state.describe()).to.deep.equal({ state: 'starting' });
    state.beginClaiming();
    expect(state.describe()).to.deep.equal({ state: 'standby', why: 'other time zones', sinceMs: 7 });
    around.standstill = { why: 'no answer', sinceMs: 5 * SECOND_MS };
    const sinceMs = world.clock.now() - 15 * SECOND_MS;
    expect(state.describe()).to.deep.equal({ state: 'stalled', why: 'no answer', sinceMs });
    around.standstill = undefined;
    around.standbyReason = undefined;
    expect(state.describe()).to.deep.equal({ state: 'claiming' });
  });

  it('claims until its jobs are handed over, then has stopped', async () => {
    const { state, rests, othersTakeItsJobs } = given();
    state.beginClaiming();
    const handedOver = state.handOver(5 * SECOND_MS);
    expect([state.describe().state, state.isClaiming(), rests]).to.deep.equal(['stopping', true, [5 * SECOND_MS]]);
    othersTakeItsJobs();
    await handedOver;
    expect([state.describe().state, state.isClaiming()]).to.deep.equal(['stopping', false]);
    state.finishStop();
    expect(state.describe()).to.deep.equal({ state: 'stopped' });
  });

  it('does not begin to claim if it is stopped while it starts', async () => {
    const { state, othersTakeItsJobs } = given();
    const handedOver = state.handOver(5 * SECOND_MS);
    expect([state.isStarting(), state.isClaiming()]).to.deep.equal([false, false]);
    othersTakeItsJobs();
    await handedOver;
  });

  it('is failed permanently: it states why and since when, claims nothing, and gives its jobs away immediately', async () => {
    const { world, state, rests } = given();
    state.beginClaiming();
    let isTold = false;
    void state.failed.then(() => {
      isTold = true;
    });
    const sinceMs = world.clock.now();
    state.fail(new Error('the log was set back'));
    await world.advance(SECOND_MS);
    expect(state.describe()).to.deep.equal({ state: 'failed', why: 'the log was set back', sinceMs });
    expect([state.isClaiming(), isTold, rests]).to.deep.equal([false, true, [0]]);
    expect(world.lines.filter(({ level }) => level === 'error').map(({ fields }) => fields.engineId)).to.eql(['mine']);
  });

  it('claims nothing while it stops after a failure, and still states why it failed', async () => {
    const { state, othersTakeItsJobs } = given();
    state.beginClaiming();
    state.fail('gone');
    const handedOver = state.handOver(5 * SECOND_MS);
    expect(state.isClaiming()).to.equal(false);
    expect(state.describe()).to.deep.include({ state: 'failed', why: 'gone' });
    othersTakeItsJobs();
    await handedOver;
  });

  it('does not fail any more once it stops: what it loses then is no fault', async () => {
    const { world, state, othersTakeItsJobs } = given();
    state.beginClaiming();
    const handedOver = state.handOver(5 * SECOND_MS);
    state.fail(new Error('the store was closed'));
    othersTakeItsJobs();
    await handedOver;
    state.finishStop();
    state.fail(new Error('the store was closed'));
    await settle();
    expect(state.describe()).to.deep.equal({ state: 'stopped' });
    expect(world.lines.filter(({ level }) => level === 'error')).to.deep.equal([]);
  });
});
