import { expect } from 'chai';
import { LOG_START, positionOf, type RecordedEvent } from '../../../src/event-store/port.ts';
import { sourceOf, toCloudEvent } from '../../../src/feed/cloud-event.ts';
import type { PublishedPosition } from '../../../src/publisher/position-record.ts';
import {
  CATCH_UP_MS,
  LIVE_MS,
  type PublishLogOptions,
  publishLog,
  throttle,
  toMessageBatches,
  withIdleMarks,
} from '../../../src/publisher/publish.ts';
import { createPublisherStatusBoard, type PublisherStatus } from '../../../src/publisher/publisher.ts';
import type { Runtime } from '../../../src/runtime/runtime.ts';
import { contractCodec } from '../../contract/event-store-support.ts';
import { history, metadata, type Step } from '../../support/histories.ts';
import { jobCreated } from '../../support/jobs.ts';
import { createMemoryLog } from '../../support/memory-log.ts';
import { createMemoryEventStore } from '../../support/memory-store.ts';
import { appendEntries, LOG_ID, realWorld } from '../../support/publishing.ts';
import { spoil } from '../../support/spoiled.ts';
import { stub } from '../../support/stub.ts';
import { manualWorld, settle } from '../../support/world.ts';

const MIB = 1_048_576;
const job = (place: number, description = ''): RecordedEvent => ({
  ...jobCreated({ jobId: place, description }),
  id: `event-${place}`,
  stream: `job-${place}`,
  revision: 0,
  position: positionOf(place),
  recordedAt: place * 1_000,
  metadata,
});

const forfeited = (place: number): RecordedEvent => ({
  ...job(place),
  type: 'NameRevoked',
  data: { tenant: 'acme', ownerId: place, name: 'sync' },
});

const cut = (events: readonly RecordedEvent[], maxEvents: number) => [
  ...toMessageBatches(events, (event) => toCloudEvent(event, sourceOf('l'), {}), { maxEvents, topicPrefix: '' }),
];

describe('batches', () => {
  it('hold up to a maximum of events with all their messages, and reach the last one', () => {
    const batches = cut(
      [1, 2, 3, 4, 5].map((place) => job(place)),
      2,
    );
    expect(batches.map(({ events, messages }) => [events, messages.length])).to.deep.equal([
      [2, 6],
      [2, 6],
      [1, 3],
    ]);
    expect(batches.map(({ reached, recordedMs }) => [reached, recordedMs])).to.deep.equal(
      [2, 4, 5].map((place) => [{ position: positionOf(place), eventId: `event-${place}` }, place * 1_000]),
    );
  });

  it('fit a request of 1 MiB to one partition, though a single event always goes', () => {
    const batches = cut(
      [job(1, 'x'.repeat(500_000)), job(2, 'x'.repeat(500_000)), job(3), job(4, 'x'.repeat(2 * MIB))],
      500,
    );
    expect(batches.map(({ events }) => events)).to.deep.equal([1, 2, 1]);
  });

  it('count as reached what no one is notified of', () => {
    const [batch, ...more] = cut([job(1), forfeited(2), forfeited(3)], 1);
    expect(batch?.events).to.equal(1);
    expect(batch?.reached.position).to.equal(positionOf(3));
    expect(more).to.deep.equal([]);
    expect(cut([forfeited(4)], 1).map(({ messages, reached }) => [messages.length, reached.position])).to.deep.equal([
      [0, positionOf(4)],
    ]);
    expect(cut([], 1)).to.deep.equal([]);
  });
});

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
  it('states its lag', () => {
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

const steps = (jobId: number): Step[] => [
  { jobId, step: 'claim' },
  { jobId, step: 'succeed' },
];

describe('publishing', () => {
  it('continues after events that can not be read, also if one is the last', async () => {
    const log = createMemoryLog({ now: () => 0 });
    const store = createMemoryEventStore({ codec: contractCodec, now: () => 0, log });
    await appendEntries(store, history(steps(1)));
    spoil(log, 'runs-1');
    await appendEntries(store, history(steps(2)));
    spoil(log, 'runs-2');

    const keys = new Set<string>();
    const reached: PublishedPosition[] = [];
    let published = 0;
    await publishLog({
      store,
      world: realWorld,
      channel: {
        last: undefined,
        commit: async (messages, to) => {
          for (const { key } of messages) keys.add(key);
          reached.push(to);
        },
        close: async () => {},
      },
      topicPrefix: '',
      from: { position: LOG_START },
      until: log.end() ?? LOG_START,
      cloudEventOf: (event, names) => toCloudEvent(event, sourceOf(LOG_ID), names),
      progress: { published: ({ events }) => (published += events), caughtUp: () => {}, reached: () => {} },
      hasUrgentWork: () => false,
      signal: new AbortController().signal,
    });
    expect([...keys]).to.deep.equal(['1', '2']);
    expect(published).to.equal(6);
    expect(reached.at(-1)?.position).to.equal(log.streamEvents('runs-2').at(-2)?.position);
  });
});
