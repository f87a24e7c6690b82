import { expect } from 'chai';
import pg from 'pg';
import { EVERY_TENANT, type TenantChoice } from '../../src/domain/values.ts';
import type { Position } from '../../src/event-store/port.ts';
import { copyEvents, createCarrier } from '../../src/log-copy/copy-events.ts';
import { everyProjection, verbatimProjections } from '../../src/projections/all.ts';
import { requestBuild } from '../../src/projections/builds.ts';
import { requestFlush } from '../../src/projections/checkpoints.ts';
import { listParked } from '../../src/projections/parked.ts';
import { placeBefore, treeHas, treeStoreOf } from '../../src/projections/queries/tree.ts';
import { tree } from '../../src/projections/read-models/tree.ts';
import { leavesToKeep } from '../../src/proofs/kept-leaves.ts';
import { proveConsistency, proveInclusion, proveRange, rootAt } from '../../src/proofs/tiles.ts';
import { isConsistent, isIncluded, startRangeCheck } from '../../src/proofs/verify.ts';
import { codec } from '../support/codec.ts';
import type { Entry } from '../support/entry.ts';
import { history, metadata } from '../support/histories.ts';
import { createMemoryLog } from '../support/memory-log.ts';
import { createMemoryEventStore } from '../support/memory-store.ts';
import { readLeaves } from '../support/memory-tree.ts';
import { dump, LOG_ID, openProjecting, type Projecting } from '../support/projecting.ts';
import { spoil } from '../support/spoiled.ts';
import { naiveRoot } from '../unit/proofs/oracle.ts';

const noteOf = (tenant: string, id: number): Entry => ({
  stream: `token-${id}`,
  event: {
    type: 'TokenCreated',
    data: {
      tokenId: id,
      tenant,
      name: 'a "token" with [brackets] — and more',
      permissions: [],
      secretHash: 'x',
      createdAt: '2026-01-01T00:00:00.000Z',
      createdBy: 'ann',
    },
  },
});

const MANY_LEAVES = 2_560;
const START_MS = Date.UTC(2026, 0, 1);

describe('trees of tenants', () => {
  let projecting: Projecting;
  let clockMs = START_MS;
  beforeEach(async () => {
    clockMs = START_MS;
    projecting = await openProjecting(() => clockMs);
  });
  afterEach(() => projecting.close());

  const run = (maxEvents = 2_000) =>
    projecting.run({ store: projecting.store, projections: verbatimProjections, maxEvents });
  const reach = async (position: Position) => {
    await requestFlush(projecting.pool);
    await projecting.until(() => treeHas(projecting.pool, position));
  };
  const leavesOf = (tenant: string) => readLeaves(projecting.store, tenant);

  it('have the root of the definition for any batches, and prove every leaf', async () => {
    run(7);
    await projecting.append(Array.from({ length: 300 }, (_, id) => noteOf(id % 3 === 0 ? 'a' : 'b/"ü"', id + 1)));
    const end = await projecting.append(Array.from({ length: 900 }, (_, id) => noteOf('a', id + 301)));
    await reach(end);
    for (const tenant of ['a', 'b/"ü"']) {
      const { hashes, events } = await leavesOf(tenant);
      const store = treeStoreOf(projecting.pool, tenant);
      const head = await store.head();
      expect(head).to.deep.equal({ size: hashes.length, root: naiveRoot(hashes) });
      for (const index of [0, 1, 99, hashes.length - 1]) {
        const leaf = hashes[index] ?? Buffer.alloc(0);
        expect(await store.indexAt(events[index]?.position ?? '')).to.equal(index);
        expect(isIncluded({ leaf, index, path: await proveInclusion(store, index, head.size) }, head)).to.equal(true);
      }
      for (const size of [1, 77, hashes.length - 1, hashes.length].filter((each) => each <= hashes.length)) {
        const older = { size, root: await rootAt(store, size) };
        expect(older.root).to.deep.equal(naiveRoot(hashes.slice(0, size)));
        expect(isConsistent(older, head, await proveConsistency(store, size, head.size))).to.equal(true);
      }
      const [from, to] = [17, Math.min(500, hashes.length)];
      const check = startRangeCheck(await proveRange(store, { from, to }, head.size));
      for (const leaf of hashes.slice(from, to)) check?.addLeaf(leaf);
      expect(check?.isRangeOf(head)).to.equal(true);
      const walked: Buffer[] = [];
      for (let next = await store.leavesFrom(0); next.length > 0; next = await store.leavesFrom(walked.length)) {
        for (const { hash, position } of next) {
          expect(position).to.equal(events[walked.length]?.position);
          walked.push(hash);
        }
      }
      expect(walked).to.deep.equal(hashes);
    }
    expect(await treeStoreOf(projecting.pool, 'nobody').head()).to.deep.equal({ size: 0, root: naiveRoot([]) });
  });

  it('find which leaves were recorded before an instant', async () => {
    run();
    await projecting.append(Array.from({ length: 600 }, (_, id) => noteOf('a', id + 1)));
    await reach(await projecting.append([noteOf('a', 601)]));
    const { events } = await leavesOf('a');
    const store = treeStoreOf(projecting.pool, 'a');
    const times = events.map(({ recordedAt }) => recordedAt);
    for (const instant of new Set([0, ...times, (times.at(-1) ?? 0) + 1])) {
      expect(await store.countBefore(instant, 601)).to.equal(times.filter((at) => at < instant).length);
    }
    expect(await store.countBefore((times.at(-1) ?? 0) + 1, 5), 'of a smaller tree').to.equal(5);
  });

  it('know a place in the log before an instant, as near as some hundred events', async () => {
    expect(await placeBefore(projecting.pool, 'a', Number.MAX_SAFE_INTEGER), 'before they are there').to.equal(
      undefined,
    );
    run();
    await projecting.append(Array.from({ length: 300 }, (_, id) => noteOf('a', id + 1)));
    clockMs += 60_000;
    await projecting.append(Array.from({ length: 300 }, (_, id) => noteOf('a', id + 301)));
    await reach(await projecting.append([noteOf('b', 601)]));
    const { events } = await leavesOf('a');
    const place = (tenant: TenantChoice, instantMs: number) => placeBefore(projecting.pool, tenant, instantMs);
    expect(await place('a', START_MS)).to.equal(undefined);
    expect(await place('a', START_MS + 60_000)).to.equal(events[256]?.position);
    expect(await place('a', clockMs + 1)).to.equal(events[512]?.position);
    expect(await place('b', clockMs)).to.equal(undefined);
    expect(await place(EVERY_TENANT, clockMs)).to.equal(events[256]?.position);
    expect(await place(EVERY_TENANT, clockMs + 1)).to.equal((await leavesOf('b')).events[0]?.position);
  });

  const rebuilt = async (generation: number) => {
    await requestBuild(
      projecting.pool,
      { name: 'tree', projections: verbatimProjections },
      { purpose: 'rebuild', compares: false },
    );
    await projecting.until(async () => {
      const { rows } = await projecting.pool.query(
        `SELECT FROM projection_generations WHERE projection = 'tree' AND state = 'live' AND generation = $1`,
        [generation],
      );
      return rows.length === 1;
    });
    return dump(projecting.pool, verbatimProjections);
  };

  it('have the same rows after a rebuild', async () => {
    run(13);
    await reach(await projecting.append(Array.from({ length: 700 }, (_, id) => noteOf('a', id + 1))));
    const before = await dump(projecting.pool, verbatimProjections);
    expect(await rebuilt(2)).to.deep.equal(before);
    expect(before.tiles).to.have.length(4);
  });

  /** Appends events of one stream, several a millisecond. */
  const appendNotes = async (tenant: string, count: number): Promise<Position> => {
    let position: Position = '';
    for (let id = 1; id <= count; id++) {
      if (id % 5 === 0) clockMs += 1;
      position = await projecting.append([{ ...noteOf(tenant, id), stream: 'runs-1' }]);
    }
    return position;
  };
  const keepLeaves = async (beforeMs: number) => {
    const requested = { log: projecting.store, beforeMs, signal: new AbortController().signal };
    let kept = 0;
    for await (const data of leavesToKeep(requested)) {
      await projecting.append([{ stream: 'leaves', event: { type: 'LeavesRecorded', data } }]);
      kept += 1;
    }
    return kept;
  };

  it('are the same after events were cut whose leaves are kept, and prove as before', async () => {
    run();
    await projecting.append([noteOf('a', 9), noteOf('b', 10)]);
    await appendNotes('a', 1_500);
    const firstMs = clockMs;
    await appendNotes('b', 20);
    await reach(await appendNotes('a', 30));
    const before = await dump(projecting.pool, verbatimProjections);
    const store = treeStoreOf(projecting.pool, 'a');
    const head = await store.head();
    const path = await proveInclusion(store, 1_520, head.size);

    expect(await keepLeaves(firstMs), 'of more than 1,000 leaves').to.equal(2);
    await projecting.store.truncateBefore('runs-1', 1_490);
    expect(await rebuilt(2)).to.deep.equal(before);
    expect(await keepLeaves(firstMs), 'nothing twice').to.equal(0);
    expect(await keepLeaves(clockMs + 1)).to.equal(1);
    await projecting.store.truncateBefore('runs-1', 1_549);
    expect(await rebuilt(3)).to.deep.equal(before);

    await reach(await appendNotes('a', 3));
    const after = await rebuilt(4);
    expect(after.trees?.length).to.equal(2);
    const grown = await store.head();
    expect(isConsistent(head, grown, await proveConsistency(store, head.size, grown.size))).to.equal(true);
    const [leaf] = await store.leavesFrom(1_520);
    expect(isIncluded({ leaf: leaf?.hash ?? Buffer.alloc(0), index: 1_520, path }, head)).to.equal(true);
  });

  it('are the same in a copy of a log that was cut', async () => {
    await projecting.append([noteOf('a', 9)]);
    await appendNotes('a', 40);
    const whole = (await leavesOf('a')).hashes;
    await keepLeaves(clockMs);
    await projecting.store.truncateBefore('runs-1', 30);
    const { world } = projecting;
    const carrier = createCarrier();
    const now = () => clockMs + 60_000;
    const log = createMemoryLog({ now });
    const source = projecting.storeWith({}, carrier.codec);
    const target = createMemoryEventStore({ codec: carrier.codec, now, log });
    const end = (await projecting.store.end()) ?? '';
    await copyEvents({ source, copy: target, carrier, world }, end, () => {});
    const copy = createMemoryEventStore({ codec, now, log });
    projecting.run({ store: copy, projections: verbatimProjections });
    await reach((await copy.end()) ?? '');
    expect((await treeStoreOf(projecting.pool, 'a').head()).root).to.deep.equal(naiveRoot(whole));
  });

  it('take an event that this release cannot read, or does not know, as any other', async () => {
    run();
    await projecting.append([noteOf('a', 1)]);
    const raw = (type: string, data: string) => ({ type, data, metadata: '{"actor":{"type":"user","name":"x"}}' });
    const append = (stream: string, encoded: ReturnType<typeof raw>) => {
      const store = projecting.storeWith({}, { ...codec, encode: () => encoded });
      return store.append({
        stream,
        expectedRevision: -1,
        events: [
          {
            ...noteOf('a', 9).event,
            id: crypto.randomUUID(),
            metadata: { actor: { type: 'user', name: 'x' }, correlationId: 'x' },
          },
        ],
      });
    };
    await append('job-5', raw('JobMoved', '{"nested":{"tenant":"b"},"tenant":"a"}'));
    await append('job-6', raw('JobCreated', '{"tenant":"a","jobId":"no number"}'));
    await append('job-7', raw('PrefixCut', '{}'));
    await append('requests-000', raw('RequestReserved', `{"tenant":"a"}`));
    await reach(await projecting.append([noteOf('a', 2)]));
    expect((await treeStoreOf(projecting.pool, 'a').head()).size).to.equal(4);
    expect((await treeStoreOf(projecting.pool, 'b').head()).size).to.equal(0);
  });

  it('yield to other work while many leaves are added', async () => {
    await projecting.append(Array.from({ length: MANY_LEAVES }, (_, index) => noteOf('a', index + 1)));
    const buffer = tree.buffer();
    buffer.add({ events: [], texts: (await leavesOf('a')).events });
    const unconnected = Object.assign(new pg.Client(), { query: async () => ({ rows: [] }) });
    let [turns, isWriting] = [0, true];
    const count = (): void => {
      turns += 1;
      if (isWriting) setImmediate(count);
    };
    setImmediate(count);
    await buffer.take()?.write(unconnected, 'tree_g1');
    isWriting = false;
    expect(turns).to.be.at.least(MANY_LEAVES / 256 - 1);
  });

  it('are built by the subscription of all other read models, to the same roots, and leave parked streams to those', async () => {
    const { pool, log, append } = projecting;
    await append(history([{ jobId: 1, step: 'claim' }]));
    spoil(log, 'job-1');
    await append(history([{ jobId: 2, step: 'claim' }]));
    await projecting.store.append({
      stream: 'rejections-acme',
      expectedRevision: -1,
      events: [{ ...noteOf('acme', 3).event, id: crypto.randomUUID(), metadata }],
    });
    const end = log.end() ?? '';
    const expected = await leavesOf('acme');
    projecting.run({ projections: everyProjection });
    await reach(end);
    await projecting.reach(end);
    const head = { size: expected.hashes.length, root: naiveRoot(expected.hashes) };
    expect(await treeStoreOf(pool, 'acme').head()).to.deep.equal(head);

    await requestBuild(pool, { name: 'all', projections: everyProjection }, { purpose: 'rebuild', compares: false });
    await projecting.until(async () => {
      const { rows } = await pool.query(`SELECT FROM projection_generations WHERE state = 'live' AND generation = 2`);
      return rows.length === everyProjection.length;
    });
    expect(await treeStoreOf(pool, 'acme').head()).to.deep.equal(head);
    expect((await listParked(pool, LOG_ID)).map(({ stream, readMs }) => [stream, readMs])).to.deep.equal([
      ['job-1', undefined],
    ]);
  });
});
