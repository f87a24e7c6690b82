import { expect } from 'chai';
import {
  CATCH_UP_MS,
  LIVE_MS,
  type PublishLogOptions,
  throttle,
  withIdleMarks,
} from '../../../src/publisher/publish.ts';
import { createPublisherStatusBoard, type PublisherStatus } from '../../../src/publisher/publisher.ts';
import type { Runtime } from '../../../src/runtime/runtime.ts';
import { stub } from '../../support/stub.ts';
import { manualWorld, settle } from '../../support/world.ts';

describe('a rest between transactions', () => {
  /** A world whose pauses end late by as much, as where others hold the thread. */
  const restIn = async (lateMs: number, pauseMs: number, hasUrgentWork = (_nowMs: number) => false) => {
    const sleeps: number[] = [];
    let nowMs = 0;
    const clock = { now: () => nowMs, monotonic: () => nowMs };
    const sleep = async (ms: number) => {
      sleeps.push(ms);
      nowMs += ms + lateMs;
    };
    const { timers } = manualWorld();
    const options = stub<PublishLogOptions>({
      world: stub<Runtime>({ clock, timers: { ...timers, sleep } }),
      hasUrgentWork: () => hasUrgentWork(nowMs),
      signal: new AbortController().signal,
    });
    await throttle(options, pauseMs);
    return sleeps;
  };

  it('is short when much is left to publish, longer live', async () => {
    expect(await restIn(0, CATCH_UP_MS)).to.deep.equal([1]);
    expect(await restIn(0, LIVE_MS)).to.deep.equal([20]);
  });

  it('lasts as long again as it ended late, within bounds', async () => {
    expect(await restIn(60, LIVE_MS)).to.deep.equal([20, 60]);
    expect(await restIn(5_000, CATCH_UP_MS)).to.deep.equal([1, 100]);
  });

  it('gives way until others are done, for two seconds at most', async () => {
    expect(await restIn(0, LIVE_MS, (nowMs) => nowMs < 100)).to.deep.equal([20, 50, 50]);
    const pauses = await restIn(0, CATCH_UP_MS, () => true);
    expect(pauses.reduce((a, b) => a + b)).to.be.within(2_000, 2_050);
  });
});

describe("a subscription's quiet", () => {
  it('is reported of, and the subscription ends when its reader leaves', async () => {
    const world = manualWorld();
    let left = false;
    const subscribe = async function* (signal: AbortSignal) {
      yield 'first';
      await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()));
      left = true;
    };
    const { signal } = new AbortController();
    const items = withIdleMarks(subscribe, stub<PublishLogOptions>({ world, signal }));
    expect((await items.next()).value).to.equal('first');
    for (let round = 0; round < 2; round++) {
      const next = items.next();
      await settle();
      await world.advance(20_000);
      expect((await next).value).to.deep.equal({ kind: 'idle' });
    }
    await items.return(undefined);
    expect(left).to.equal(true);
  });
});

describe('the status of the publisher', () => {
  it('states how far behind it is', () => {
    const world = manualWorld({ nowMs: 10_000 });
    const told: PublisherStatus[] = [];
    const board = createPublisherStatusBoard(world.clock, (status) => told.push(status));
    expect(board.status()).to.deep.include({ state: 'starting', lagMs: undefined });
    board.become('publishing');
    board.published({ events: 2, messages: 5, recordedMs: 7_000 });
    expect(board.status()).to.deep.include({ lagMs: 3_000, publishedEvents: 2, publishedMessages: 5 });
    board.caughtUp();
    expect(board.status().lagMs).to.equal(0);
    board.become('retrying', 'no broker');
    board.become('retrying', 'no broker');
    world.setWallClock(14_000);
    expect(board.status()).to.deep.include({ state: 'retrying', why: 'no broker', sinceMs: 10_000, lagMs: 4_000 });
    board.become('publishing');
    expect(board.status()).not.to.have.property('why');
    expect(told.map(({ state }) => state)).to.deep.equal(['publishing', 'retrying', 'publishing']);
  });
});
