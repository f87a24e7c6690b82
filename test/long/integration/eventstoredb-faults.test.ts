import { setImmediate } from 'node:timers/promises';
import { status } from '@grpc/grpc-js';
import { expect } from 'chai';
import {
  AppendTooLarge,
  AppendUnconfirmed,
  InvalidAppend,
  LogMismatch,
  LogUnavailable,
  WrongExpectedRevision,
} from '../../../src/event-store/errors.ts';
import { LogAccessDenied, LogSignInRejected } from '../../../src/event-store/eventstoredb/failures.ts';
import { createEventStoreDbStore } from '../../../src/event-store/eventstoredb/store.ts';
import { type EventStore, NO_STREAM, positionOf } from '../../../src/event-store/port.ts';
import { createMetrics } from '../../../src/telemetry/metrics.ts';
import { type FakeLog, fakeEventStoreDbLog, passing, until } from '../../contract/event-store-eventstoredb-log.ts';
import {
  all,
  appendOf,
  begin,
  contractCodec,
  eventsIn,
  namesOf,
  read,
  rejection,
} from '../../contract/event-store-support.ts';
import { cuttableProxy } from '../../support/cuttable-proxy.ts';
import { startFakeEventStoreDb } from '../../support/eventstoredb/server.ts';
import { appendEachOf } from '../../support/memory-store.ts';

const DEADLINE_MS = 10_000;

describe('event store: eventstoredb under faults', () => {
  let log: FakeLog;
  let store: EventStore;
  beforeEach(async () => {
    log = await fakeEventStoreDbLog();
    store = log.open();
  });
  afterEach(async () => {
    await store.close();
    await log.remove();
  });

  it('retries an append after a lost response, and finds its position', async () => {
    await begin(store, 'runs-1', 'a');
    log.server.faults.loseAnswers = 1;
    const append = appendOf('runs-1', 0, 'b', 'c');
    const first = store.append(append);
    await until(() => log.server.faults.loseAnswers === 0);
    await log.world.advance(2_500);
    const made = await passing(log.world, first);
    expect(made).to.deep.equal({ revision: 2, position: await store.end() });
    expect(await store.append(append)).to.deep.equal(made);
    expect(namesOf(await all(store.readStream('runs-1')))).to.deep.equal(['a', 'b', 'c']);
  });

  it('makes again by itself, once each, what was in progress when the connection broke', async () => {
    const speak = await log.silence();
    const appends = Array.from({ length: 400 }, (_, index) => appendOf(`runs-${index}`, NO_STREAM, 'a'));
    const responses = Promise.all(appends.map((append) => store.append(append)));
    await until(() => log.server.openBatches() > 0);
    log.server.dropStreams();
    await speak();
    const appended = await passing(log.world, responses);
    expect(appended.every(({ revision }) => revision === 0)).to.equal(true);
    expect(new Set(appended.map(({ position }) => position)).size).to.equal(400);
    for (const last of await store.readLast(appends.map(({ stream }) => stream))) expect(last?.revision).to.equal(0);
  });

  it('retries only the appends whose responses were lost', async () => {
    await begin(store, 'runs-2', 'a');
    log.server.faults.loseAnswers = 2;
    const appends = Array.from({ length: 5 }, (_, index) => appendOf(`runs-${index}`, NO_STREAM, 'b'));
    const answering = appendEachOf(store)(appends);
    await until(() => log.server.faults.loseAnswers === 0);
    await log.world.advance(2_500);
    const responses = await passing(log.world, answering);
    expect(responses[2]).to.be.instanceOf(WrongExpectedRevision).and.to.include({ stream: 'runs-2', actual: 0 });
    const made = responses.flatMap((response) => (response instanceof Error ? [] : [response]));
    expect(made.map(({ revision }) => revision)).to.deep.equal([0, 0, 0, 0]);
    expect(await store.end()).to.equal(made.at(-1)?.position);
    for (const last of await store.readLast(appends.map(({ stream }) => stream))) expect(last?.revision).to.equal(0);
  });

  it('makes again by itself, once each, several appends whose stream broke when some of them were written', async () => {
    await begin(store, 'runs-100', 'a');
    const appends = Array.from({ length: 100 }, (_, index) => appendOf(`runs-${index}`, NO_STREAM, 'a'));
    const answering = appendEachOf(store)(appends);
    await until(() => log.server.log.read('contract_runs-0') !== undefined);
    log.server.dropStreams();
    const responses = await passing(log.world, answering);
    const positions = responses.flatMap((response) => ('position' in response ? [response.position] : []));
    expect(new Set(positions).size).to.equal(100);
    for (const last of await store.readLast(appends.map(({ stream }) => stream))) expect(last?.revision).to.equal(0);
    expect(await appendEachOf(store)(appends)).to.deep.equal(responses);
  });

  it('goes to the leader that it is sent to', async () => {
    const leader = await startFakeEventStoreDb();
    log.server.faults.leader = { host: '127.0.0.1', port: leader.port };
    const append = appendOf('runs-1', NO_STREAM, 'a');
    await store.append(append);
    expect(namesOf(await all(store.readStream('runs-1')))).to.deep.equal(['a']);
    expect(leader.log.read('contract_runs-1')).to.have.length(1);
    leader.stop();
  });

  it('outlives a server that goes away and comes back', async () => {
    await begin(store, 'runs-1', 'a');
    const { port } = log.server;
    log.server.stop();
    const unanswered = rejection(begin(store, 'runs-2', 'b'));
    await until(() => log.world.pendingTimers() > 1);
    await log.passDeadline();
    expect(await unanswered).to.be.instanceOf(AppendUnconfirmed);
    const back = await startFakeEventStoreDb({ port });
    // gRPC connects again after a pause that no test can move.
    const append = appendOf('runs-3', NO_STREAM, 'c');
    while ((await passing(log.world, rejection(store.append(append)))) instanceof AppendUnconfirmed);
    expect(await store.readLast(['runs-3'])).to.have.length(1);
    back.stop();
  });

  it('makes an append once that timed out and is replicated later', async () => {
    log.server.faults.noQuorum = true;
    const appended = begin(store, 'runs-1', 'a');
    await until(() => log.world.pendingTimers() > 2);
    await log.world.advance(2_100);
    log.server.gainQuorum();
    expect((await passing(log.world, appended)).revision).to.equal(0);
    expect(log.server.log.read('contract_runs-1')).to.have.length(1);
  });

  it('responds soon if another process makes the same append', async () => {
    const other = log.open();
    const append = appendOf('runs-1', NO_STREAM, 'a');
    const startedMs = log.world.clock.monotonic();
    const [first, second] = await passing(log.world, Promise.all([store.append(append), other.append(append)]));
    expect(first).to.deep.equal(second);
    expect(log.world.clock.monotonic() - startedMs).to.be.below(5_000);
    await other.close();
  });

  for (const [response, error] of [
    ['BadRequest', InvalidAppend],
    ['InvalidTransaction', InvalidAppend],
    ['MaximumAppendEventSizeExceeded', AppendTooLarge],
    ['AccessDenied', LogAccessDenied],
  ] as const) {
    it(`fails an append permanently after ${response}`, async () => {
      log.server.faults.answerNext = response;
      expect(await rejection(begin(store, 'runs-1', 'a'))).to.be.instanceOf(error);
      expect((await begin(store, 'runs-1', 'a')).revision).to.equal(0);
    });
  }

  for (const response of ['Timeout', 'Unknown'] as const) {
    it(`retries an append after ${response}`, async () => {
      log.server.faults.answerNext = response;
      expect((await begin(store, 'runs-1', 'a')).revision).to.equal(0);
    });
  }

  it('states that a position is no place of this log if no record begins there', async () => {
    const { position } = await begin(store, 'runs-1', 'a');
    const inside = positionOf(BigInt(position) - 1n);
    const mismatch = await rejection(store.readAt(inside));
    expect(mismatch).to.be.instanceOf(LogMismatch).and.to.include({ code: 'OTHER_EVENT' });
    expect(await rejection(read(store, { after: inside }).until('caughtUp'))).to.be.instanceOf(LogMismatch);
    expect(await store.readAt(positionOf(BigInt(position) + 9_999_999_999n))).to.equal(undefined);
  });

  it('reads again when a read fails, and gives up when it always does', async () => {
    await begin(store, 'runs-1', 'a');
    log.server.faults.failNext = { call: 'read', code: status.UNAVAILABLE };
    expect(namesOf(await all(store.readStream('runs-1')))).to.deep.equal(['a']);
    const speak = await log.silence();
    const failing = rejection(all(store.readStream('runs-1')));
    for (const ms of [3_000, 7_000]) {
      await until(() => log.world.pendingTimers() > 0);
      await log.world.advance(ms);
    }
    const error = await failing;
    expect(error).to.be.instanceOf(LogUnavailable).and.to.include({ code: 'LOG_UNAVAILABLE' });
    expect(error).to.have.nested.property('cause.message').that.includes('sent nothing');
    await speak();
  });

  it('reads over a new socket when the one that it has fell silent', async () => {
    const proxy = await cuttableProxy(log.server.url);
    const far = createEventStoreDbStore({
      connectionString: proxy.url,
      prefix: 'contract_',
      codec: contractCodec,
      world: log.world,
    });
    await begin(far, 'runs-1', 'a');
    await far.readLast(['runs-1']);
    proxy.hush();
    const last = far.readLast(['runs-1']);
    await until(() => log.world.pendingTimers() > 0);
    await log.world.advance(3_000);
    expect((await last)[0]?.revision).to.equal(0);
    await far.close();
    await proxy.close();
  });

  it('gives a slow reader every event, in order, however often its subscription is dropped', async () => {
    for (let index = 0; index < 400; index++) {
      await begin(store, `runs-${index}`, `${index}`);
      log.server.writeSystemEvents(7);
    }
    log.server.faults.slowTurns = 2;
    const reader = read(store);
    const seen: (string | undefined)[] = [];
    while (seen.length < 400) {
      seen.push(...namesOf(await reader.events(1)));
      if (seen.length % 3 === 0) log.server.dropStreams();
      await log.world.advance(5_000);
    }
    await reader.stop();
    expect([...new Set(seen)]).to.deep.equal(Array.from({ length: 400 }, (_, index) => `${index}`));
    expect(log.server.startsAfter.length).to.be.above(1);
  });

  it('subscribes again if it was cut off as too slow, leaves nothing out and does not mention it', async () => {
    log.server.faults.mostBehind = 4;
    await begin(store, 'job-1', ...Array.from({ length: 40 }, () => 'a'));
    // It has not caught up, so it reads by a connection of its own.
    const reader = read(store);
    const first = await reader.events(1);
    const big = 'x'.repeat(400_000);
    let appended = 0;
    while (log.server.openSubscriptions() > 0) await begin(store, `runs-${appended++}`, big);
    log.server.faults.mostBehind = Number.POSITIVE_INFINITY;
    const seen = (await reader.events(40 - first.length + appended)).map(({ stream }) => stream);
    expect(seen.filter((stream) => stream !== 'job-1')).to.deep.equal(
      Array.from({ length: appended }, (_, index) => `runs-${index}`),
    );
    expect(log.server.startsAfter).to.have.length(2);
    expect(log.world.lines.filter(({ level }) => level !== 'debug')).to.deep.equal([]);
    await reader.stop();
  });

  it('subscribes again after the last checkpoint, and never believes an impossible one', async () => {
    await begin(store, 'runs-1', 'a');
    log.server.faults.sentinelCheckpoints = true;
    const reader = read(store);
    const end = await store.end();
    expect((await reader.until('caughtUp')).at(-1)).to.deep.equal({ kind: 'caughtUp', position: end });
    log.server.writeSystemEvents(5_000);
    const next = reader.events(1);
    await begin(store, 'runs-2', 'b');
    expect(namesOf(await next)).to.deep.equal(['b']);
    log.server.writeSystemEvents(5_000);
    const waiting = reader.events(1);
    await setImmediate();
    log.server.dropStreams();
    await begin(log.open(), 'runs-3', 'c');
    expect(namesOf(await waiting)).to.deep.equal(['c']);
    const [, second = 0n] = log.server.startsAfter;
    expect(second >= BigInt((await store.readLast(['runs-2']))[0]?.position ?? 0)).to.equal(true);
    await reader.stop();
  });

  it('subscribes again if the server does not confirm', async () => {
    const speak = await log.silence();
    const reader = read(store);
    const caughtUp = reader.until('caughtUp');
    await until(() => log.world.pendingTimers() > 0);
    await log.passDeadline();
    await speak();
    expect(await caughtUp).to.have.length(1);
    await reader.stop();
  });

  it('closes everything on the server when it stops', async () => {
    const reader = read(store);
    await reader.until('caughtUp');
    expect(log.server.openSubscriptions()).to.equal(1);
    await reader.stop();
    await until(() => log.server.openSubscriptions() === 0);
  });

  it('states which right is missing', async () => {
    log.server.faults.denied = 'all streams';
    expect(await rejection(begin(store, 'runs-1', 'a'))).to.be.instanceOf(LogAccessDenied);
    expect(await rejection(store.end())).to.be.instanceOf(LogAccessDenied);
    const reader = read(store);
    const items = reader.until('caughtUp');
    await until(() => log.world.lines.some(({ message }) => message.includes('to read $all')));
    log.server.faults.denied = undefined;
    await log.world.advance(5_000);
    await items;
    await reader.stop();
  });

  it('takes no wrong password for a missing right', async () => {
    log.server.faults.unknownUser = true;
    const requested = [() => begin(store, 'runs-1', 'a'), () => store.end(), () => all(store.readStream('runs-1'))];
    for (const request of requested) {
      const error = await rejection(request());
      expect(error).to.be.instanceOf(LogSignInRejected).and.to.have.property('message').that.includes('EVENTSTORE_URL');
    }
  });

  it('finds its end behind thousands of events of others', async () => {
    const { position } = await begin(store, 'runs-1', 'a');
    log.server.writeSystemEvents(3_000);
    expect(await store.end()).to.equal(position);
  });

  it('counts the connections that it lost', async () => {
    const metrics = createMetrics();
    const counted = createEventStoreDbStore({
      connectionString: `kurrentdb://127.0.0.1:${log.server.port},127.0.0.1:${log.server.port}?tls=false`,
      prefix: 'contract_',
      codec: contractCodec,
      world: log.world,
      metrics,
      appendDeadlineMs: DEADLINE_MS,
    });
    const reader = read(counted);
    await reader.until('caughtUp');
    await begin(counted, 'runs-1', 'a');
    expect(namesOf(eventsIn(await reader.until('caughtUp')))).to.deep.equal(['a']);
    log.server.dropStreams();
    await begin(store, 'runs-2', 'b');
    await reader.events(1);
    await reader.stop();
    await counted.close();
    const { text } = await metrics.render();
    expect(text).to.include('carillon_log_reconnects_total{connection="subscription"} 1');
  });
});
