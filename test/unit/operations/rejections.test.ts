import { expect } from 'chai';
import type { EventOf } from '../../../src/domain/events/index.ts';
import { rejectionsStream } from '../../../src/domain/streams.ts';
import { toInstant } from '../../../src/domain/values.ts';
import { createStreamQueues } from '../../../src/event-store/append-with-retry.ts';
import type { RecordedEvent } from '../../../src/event-store/port.ts';
import {
  createRejectionLog,
  type RejectionLog,
  recordRejections,
  truncateRejections,
} from '../../../src/operations/rejections.ts';
import { createMetrics } from '../../../src/telemetry/metrics.ts';
import { memoryLog, storeOver } from '../../support/engines.ts';
import { type ManualWorld, manualWorld } from '../../support/world.ts';

const DAY_MS = 86_400_000;

describe('rejected requests in the log', () => {
  let world: ManualWorld;
  let store: ReturnType<typeof storeOver>;
  beforeEach(() => {
    world = manualWorld();
    store = storeOver(memoryLog(world));
  });
  const log = () => ({ store, lanes: createStreamQueues(), world });
  const count = (code: string, tenant?: string) => {
    const at = toInstant(world.clock.now());
    return { code, count: 1, minute: at, lastAt: at, requestId: 'r', ...(tenant === undefined ? {} : { tenant }) };
  };
  const eventsOf = async (tenant?: string): Promise<RecordedEvent[]> => {
    const events: RecordedEvent[] = [];
    for await (const event of store.readStream(rejectionsStream(tenant))) events.push(event);
    return events;
  };

  it('are in one stream for each tenant, and in one of the installation', async () => {
    await Promise.all([
      recordRejections(log())('acme', [count('FORBIDDEN', 'acme'), count('TARGET_BLOCKED', 'acme')]),
      recordRejections(log())('acme', [count('FORBIDDEN', 'acme')]),
      recordRejections(log())(undefined, [count('NOT_AUTHENTICATED')]),
    ]);
    expect((await eventsOf('acme')).map(({ type }) => type)).to.deep.equal(Array(3).fill('RequestsRejected'));
    expect(await eventsOf()).to.have.length(1);
    expect(rejectionsStream('installation')).to.not.equal(rejectionsStream());
  });

  it('are cut if they are too old, which the log states first', async () => {
    const record = recordRejections(log());
    await record('acme', [count('FORBIDDEN', 'acme')]);
    await world.advance(DAY_MS);
    await record('acme', [count('TARGET_BLOCKED', 'acme')]);
    const before = toInstant(world.clock.now());
    await truncateRejections(log())('acme', before);
    expect((await eventsOf('acme')).map(({ type, revision }) => [type, revision])).to.deep.equal([
      ['RequestsRejected', 1],
      ['RejectionsTruncated', 2],
    ]);
    await world.advance(DAY_MS);
    await truncateRejections(log())('acme', toInstant(world.clock.now()));
    expect((await eventsOf('acme')).map(({ type, revision }) => [type, revision])).to.deep.equal([
      ['RejectionsTruncated', 3],
    ]);
  });
});

type Count = EventOf<'RequestsRejected'>['data'];

describe('the book of rejected requests', () => {
  let world: ManualWorld;
  let book: RejectionLog;
  let recorded: Count[];
  let response: () => Promise<void>;
  let metrics: ReturnType<typeof createMetrics>;
  beforeEach(() => {
    world = manualWorld();
    metrics = createMetrics();
    recorded = [];
    response = async () => {};
    const record = async (_tenant: string | undefined, counts: readonly Count[]) => {
      await response();
      recorded.push(...counts);
    };
    book = createRejectionLog(world, metrics, record);
  });
  afterEach(() => book.stop());

  const ofAda = { code: 'FORBIDDEN', actor: 'ada', tenant: 'acme', action: 'deleteJob', path: '/jobs/7', from: '::1' };
  const stranger = (from: string) => ({ code: 'NOT_AUTHENTICATED', path: `/jobs/${from}`, from });
  const unrecorded = async (): Promise<string | undefined> =>
    /carillon_rejected_requests_unrecorded_total\{code="[A-Z_]+"\} (\d+)/.exec((await metrics.render()).text)?.[1];

  it('counts those of one kind, source and minute as one, and records them soon after', async () => {
    book.rejected({ ...ofAda, correlationId: 'first' });
    await world.advance(500);
    book.rejected({ ...ofAda, correlationId: 'second' });
    book.rejected({ ...ofAda, path: '/jobs/8' });
    expect(recorded).to.deep.equal([]);
    await world.advance(500);
    expect(recorded.map(({ count, path }) => [path, count])).to.deep.equal([
      ['/jobs/7', 2],
      ['/jobs/8', 1],
    ]);
    expect(recorded[0]).to.include({
      ...ofAda,
      minute: '2026-01-01T00:00:00.000Z',
      lastAt: '2026-01-01T00:00:00.500Z',
      requestId: 'first',
    });
  });

  it('records what one source continues with when the minute is over', async () => {
    for (let second = 0; second < 60; second++) {
      book.rejected(ofAda);
      await world.advance(1_000);
    }
    await world.advance(1_000);
    expect(recorded.map(({ count }) => count)).to.deep.equal([1, 59]);
  });

  it('limits requests of strangers in the log, and keeps recording tenants', async () => {
    for (let minute = 0; minute < 3; minute++) {
      for (let second = 0; second < 60; second++) {
        for (let each = 0; each < 50; each++) book.rejected(stranger(`10.${minute}.${second}.${each}`));
        await world.advance(1_000);
      }
    }
    book.rejected(ofAda);
    await world.advance(61_000);
    const ofStrangers = recorded.filter(({ tenant }) => tenant === undefined);
    for (const [minute, counts] of Map.groupBy(ofStrangers, ({ minute }) => minute)) {
      expect(counts.length, minute).to.be.at.most(102);
      expect(counts.reduce((sum, { count }) => sum + count, 0)).to.equal(60 * 50);
    }
    expect(await unrecorded()).to.equal(undefined);
    expect(recorded.filter(({ tenant }) => tenant === 'acme')).to.have.length(1);
    expect(ofStrangers[0]).to.not.have.property('path');
  });

  it('hides nothing behind the noise of others: what is too much is counted by code and operation', async () => {
    for (let each = 0; each < 130; each++) {
      book.rejected({ ...ofAda, actor: `noise-${each}`, action: 'createJob', path: '/jobs' });
    }
    book.rejected({ ...ofAda, actor: 'eve' });
    book.rejected({ ...ofAda, actor: 'eve', path: '/jobs/8' });
    await world.advance(1_000);
    const broad = recorded.slice(100).map(({ action, actor, path, from, count }) => [action, actor, path, from, count]);
    expect(broad).to.deep.equal([
      ['createJob', undefined, '/jobs', '::1', 30],
      ['deleteJob', 'eve', undefined, '::1', 2],
    ]);
    for (let each = 0; each < 200; each++) book.rejected({ ...ofAda, action: `action${each}` });
    await world.advance(1_000);
    expect([recorded.length, await unrecorded()]).to.deep.equal([200, '102']);
  });

  it('counts on from one source without end', async () => {
    for (let each = 0; each < 100_000; each++) book.rejected({ ...stranger('10.0.0.1'), path: `/jobs/${each}` });
    await world.advance(5_000);
    expect(recorded.map(({ count }) => count)).to.deep.equal([100_000]);
    expect(await unrecorded()).to.equal(undefined);
  });

  it('keeps no more than 1,000 counts while the log is away, and states what it lost', async () => {
    response = () => new Promise(() => {});
    for (let tenant = 0; tenant < 30; tenant++) {
      for (let id = 0; id < 100; id++) book.rejected({ ...ofAda, tenant: `t${tenant}`, path: `/jobs/${id}` });
    }
    expect(Number(await unrecorded())).to.equal(2_000);
    response = async () => {};
    await world.advance(5_000);
    expect(recorded).to.have.length(1_000);
    response = () => Promise.reject(new Error('the log is away'));
    book.rejected(ofAda);
    await world.advance(5_000);
    expect(Number(await unrecorded())).to.equal(2_001);
  });

  it('records what it has counted when it stops', async () => {
    book.rejected(ofAda);
    await book.stop();
    expect(recorded).to.have.length(1);
    book.rejected({ ...ofAda, path: '/jobs/9' });
    expect(Number(await unrecorded())).to.equal(1);
  });
});
