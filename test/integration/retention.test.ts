import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect } from 'chai';
import { checkFile } from '../../src/cli/audit.ts';
import { isJobEvent, isRunEvent, type Retention, RunEvent } from '../../src/domain/events/index.ts';
import { EVERY_TENANT, toInstant } from '../../src/domain/values.ts';
import { createStreamQueues } from '../../src/event-store/append-with-retry.ts';
import { type RetentionWork, retain } from '../../src/operations/retention.ts';
import { allProjections, everyProjection } from '../../src/projections/all.ts';
import { newestBuilds, requestBuild } from '../../src/projections/builds.ts';
import { areApplied } from '../../src/projections/checkpoints.ts';
import { treeStoreOf } from '../../src/projections/queries/tree.ts';
import { exportLog } from '../../src/proofs/export-log.ts';
import { leavesKeptBefore, leavesToKeep } from '../../src/proofs/kept-leaves.ts';
import { noteVerifier, verifierOf } from '../../src/proofs/note.ts';
import { proveConsistency } from '../../src/proofs/tiles.ts';
import { isConsistent } from '../../src/proofs/verify.ts';
import type { Entry } from '../support/entry.ts';
import { history, recorded, type Step } from '../support/histories.ts';
import { poll } from '../support/poll.ts';
import { dump, LOG_ID, openProjecting, type Projecting } from '../support/projecting.ts';
import { testSigner } from '../support/prover.ts';
import { stub } from '../support/stub.ts';

const DAY_MS = 86_400_000;
const FOR_EVER = 'for ever';
const acme = { tenant: 'acme' };
/** Of two jobs: what has ended, what is open, slots that were missed, a backfill and changes. */
const LONG_AGO: readonly Step[] = [1, 2, 1, 2].flatMap((jobId): Step[] =>
  (['claim', 'succeed', 'claim', 'fail', 'pass', 'edit', 'request', 'cancel', 'claim', 'succeed'] as const).map(
    (step) => ({ jobId, step }),
  ),
);

const STILL_OPEN: readonly Step[] = [
  { jobId: 2, step: 'switch' },
  { jobId: 1, step: 'switch' },
  { jobId: 4, step: 'switch' },
  { jobId: 4, step: 'claim' },
];

describe('retention', () => {
  let projecting: Projecting;
  let nowMs: number;
  beforeEach(async () => {
    projecting = await openProjecting(() => nowMs);
  });
  afterEach(() => projecting.close());

  const round = (longestMs: number | typeof FOR_EVER = 32 * DAY_MS) => {
    const { store, world, queries, pool } = projecting;
    return retain(
      stub<RetentionWork>({
        ...{
          store,
          lanes: createStreamQueues(),
          world,
          queries,
          longestMs: longestMs === FOR_EVER ? undefined : longestMs,
        },
        leavesToKeep: (beforeMs, signal) => leavesToKeep({ log: store, beforeMs, signal }),
        takenInBy: async (position) => {
          await projecting.until(() => areApplied(pool, everyProjection, position));
          return true;
        },
      }),
      { signal: new AbortController().signal, lookForCuts: true },
    );
  };
  const settled = async () => {
    const end = (await projecting.store.end()) ?? '';
    await projecting.until(() => areApplied(projecting.pool, everyProjection, end));
  };

  it('leaves read models that a verification and a rebuild find to be those of the log, and proofs as they were', async () => {
    const entries = history([...LONG_AGO, ...STILL_OPEN]);
    const events = recorded(entries);
    projecting.run({ projections: everyProjection });
    for (const [index, entry] of entries.entries()) {
      nowMs = events[index]?.recordedAt ?? nowMs;
      await projecting.append([entry]);
    }
    await settled();
    const { store, queries, pool } = projecting;
    const before = { statistics: await queries.statistics(acme), head: await treeStoreOf(pool, 'acme').head() };
    const slots = await queries.slotCounts(acme);

    nowMs += 40 * DAY_MS;
    await round();
    await settled();
    const horizon = toInstant(Math.floor((nowMs - 32 * DAY_MS) / DAY_MS) * DAY_MS);
    expect(await queries.expiredBefore(acme, { jobId: 1 })).to.equal(horizon);
    expect(await queries.expiredBefore(acme, { executionId: 2 })).to.equal(horizon);
    expect(await queries.expiredBefore(acme, { executionId: 1_000 })).to.equal(undefined);
    expect(await queries.expiredBefore(acme, { jobId: 4 })).to.equal(undefined);
    expect(await queries.getExecution(acme, 2)).to.equal(undefined);
    const listed = await queries.listExecutions(acme, {}, { limit: 10 });
    expect(listed.items.map(({ jobId, status }) => [jobId, status])).to.deep.equal([[4, 'running']]);
    expect((await Array.fromAsync(store.readStream('runs-1'))).map(({ type }) => type)).to.deep.equal([
      'ExecutionsExpired',
    ]);
    const { last24h: _, ...counts } = (await queries.statistics(acme)).executions;
    expect({ ...counts, last24h: before.statistics.executions.last24h }).to.deep.equal(before.statistics.executions);
    expect(await queries.slotCounts(acme)).to.deep.equal(slots);
    expect((await queries.expiredSoFar({})).executions).to.equal(16);

    const cutOfAcme = events.filter(({ stream }) => stream === 'runs-1').length;
    const tree = treeStoreOf(pool, 'acme');
    const head = await tree.head();
    expect(head.size).to.equal(before.head.size + 1);
    expect(isConsistent(before.head, head, await proveConsistency(tree, before.head.size, head.size))).to.equal(true);

    const exported = async (at: string): Promise<string> => {
      const chunks = exportLog({
        ...{ tenant: 'acme', from: at, to: toInstant(nowMs + DAY_MS), format: 'ndjson', exportedBy: 'eve' },
        ...{ logId: LOG_ID, signer: testSigner, tree, log: projecting.store },
        keptBefore: await leavesKeptBefore(store),
        expiredJobs: async function* () {
          for await (const { jobId } of queries.expiredJobs({ tenant: 'acme' })) yield jobId;
        },
        now: () => nowMs,
        signal: new AbortController().signal,
      });
      return (await Array.fromAsync(chunks)).join('');
    };
    const [firstCut, lastCut] = [toInstant(events[0]?.recordedAt ?? 0), toInstant(events.at(-5)?.recordedAt ?? 0)];
    expect(await exported(firstCut)).to.contain(`"expired":{"before":"${horizon}","rows":${cutOfAcme}}`);
    expect(await exported(lastCut)).to.contain('"manifest":');
    const dir = await mkdtemp(path.join(tmpdir(), 'carillon-retention-'));
    const file = path.join(dir, 'all.ndjson');
    await writeFile(file, await exported(firstCut));
    const checked = await checkFile(file, (name) => [noteVerifier(name, verifierOf(testSigner).bytes)]);
    expect(checked).to.match(new RegExp(`^WARNING: ${cutOfAcme} of the ${head.size} events have expired`));
    await rm(dir, { recursive: true });

    await round();
    const order = { purpose: 'rebuild', compares: true } as const;
    await requestBuild(pool, { name: 'all', projections: everyProjection }, order);
    await poll(async () => (await newestBuilds(pool)).every(({ phase }) => phase === 'done'));
    const found = (await newestBuilds(pool)).map(({ projection, comparison }) => [projection, comparison?.differences]);
    expect(found).to.deep.equal(found.map(([projection]) => [projection, []]));
    expect(found).to.have.length(everyProjection.length);
    expect((await treeStoreOf(pool, 'acme').head()).root).to.deep.equal(head.root);
    const rows = await dump(pool, allProjections);
    expect(rows.expired_executions).to.have.length(2);
  });

  it('is that of the job, or else of its application, and keeps the last ones, but none beyond the installation', async () => {
    projecting.run({ projections: everyProjection });
    const keeps: ReadonlyMap<number, Retention> = new Map([
      [1, { maxAge: '40d' }],
      [2, { maxAge: '40d', keepLast: 3 }],
    ]);
    const steps = [2, 1, 3, 4].flatMap((jobId): Step[] =>
      (['claim', 'succeed', 'claim', 'fail', 'claim', 'succeed', 'claim', 'succeed', 'switch'] as const).map(
        (step) => ({
          ...{ jobId, step },
        }),
      ),
    );
    const earlier = { createdAt: '2026-02-20T08:00:00.000Z', scheduledAt: '2026-02-20T08:00:00.000Z' };
    const entries = history(steps).map((entry): Entry => {
      const { event } = entry;
      if (isRunEvent(event) && 'executionId' in event.data && event.data.executionId === 1) {
        return { ...entry, event: RunEvent.parse({ ...event, data: { ...event.data, ...earlier } }) };
      }
      if (event.type === 'ApplicationCreated' && event.data.applicationId === 1) {
        return { ...entry, event: { ...event, data: { ...event.data, retention: { maxAge: '55d' } } } };
      }
      const retention = isJobEvent(event) ? keeps.get(event.data.jobId) : undefined;
      if (!isJobEvent(event) || retention === undefined) return entry;
      return { ...entry, event: { ...event, data: { ...event.data, retention } } };
    });
    // The first execution is of another day than all others, as horizons are the beginnings of days.
    const firstEnd = entries.findIndex(({ event }) => event.type === 'ExecutionSucceeded');
    for (const [index, entry] of entries.entries()) {
      nowMs = index <= firstEnd ? Date.UTC(2026, 1, 20, 8) : Date.UTC(2026, 2, 1, 8);
      await projecting.append([entry]);
    }
    await settled();
    const left = async () =>
      (await projecting.queries.listExecutions({ tenant: EVERY_TENANT }, {}, { limit: 50 })).items
        .map(({ jobId }) => jobId)
        .toSorted();
    nowMs += 60 * DAY_MS;
    expect(await projecting.queries.hasRetention()).to.equal(true);
    await round(FOR_EVER);
    await settled();
    expect(await left()).to.deep.equal([2, 2, 2, 4, 4, 4, 4]);
    await round(50 * DAY_MS);
    await settled();
    expect(await left()).to.deep.equal([]);
  });

  it('keeps the last executions of each job, independent of other jobs of the tenant', async () => {
    projecting.run({ projections: everyProjection });
    const runs = (jobId: number, count: number): Step[] =>
      Array.from({ length: count }, () => [
        { jobId, step: 'claim' as const },
        { jobId, step: 'succeed' as const },
      ]).flat();
    const keeping = { retention: { maxAge: '40d', keepLast: 3 } };
    const entries = history([...runs(1, 4), ...runs(3, 2), ...runs(4, 9)]).map((entry): Entry => {
      const { event } = entry;
      return isJobEvent(event) ? { ...entry, event: { ...event, data: { ...event.data, ...keeping } } } : entry;
    });
    nowMs = Date.UTC(2026, 2, 1, 8);
    await projecting.append(entries);
    await settled();
    const { queries } = projecting;
    const { items } = await queries.listExecutions(acme, {}, { limit: 50 });
    const thirdOf = (id: number) => items.filter(({ jobId }) => jobId === id)[2]?.createdAt;
    const { jobs } = await queries.jobsKeeping({ onlyOwn: true, after: undefined, limit: 10 });
    expect(jobs.map(({ jobId, tenant, lastKeptAt }) => [jobId, tenant, lastKeptAt])).to.deep.equal([
      [1, 'acme', thirdOf(1)],
      [3, 'acme', undefined],
      [4, 'acme', thirdOf(4)],
    ]);
    expect(thirdOf(1)).not.to.equal(undefined);
  });

  it('checks only jobs that have executions or slots before their retention cutoff', async () => {
    projecting.run({ projections: everyProjection });
    const of = (jobId: number, ...steps: readonly Step['step'][]) => steps.map((step) => ({ jobId, step }));
    const entries = history([...of(1, 'claim', 'succeed'), ...of(3, 'pass'), ...of(4, 'claim', 'succeed')]);
    nowMs = Date.UTC(2026, 2, 1, 9);
    await projecting.append(entries);
    await settled();
    const { queries } = projecting;
    const { items } = await queries.listExecutions(acme, {}, { limit: 50 });
    const createdMs = (id: number) => Date.parse(items.find(({ jobId }) => jobId === id)?.createdAt ?? '');
    const expiringBefore = (beforeMs: number) =>
      queries.jobsToExpire([1, 3, 4, 7].map((jobId) => ({ jobId, tenant: 'acme', before: toInstant(beforeMs) })));
    expect(await expiringBefore(createdMs(1))).to.deep.equal([]);
    expect(await expiringBefore(createdMs(1) + 1)).to.deep.equal([1]);
    expect(await expiringBefore(createdMs(4) + 1)).to.have.members([1, 4]);
    expect(await expiringBefore(nowMs), 'the slots are older, but were settled at this moment').to.have.members([1, 4]);
    expect(await expiringBefore(nowMs + 1)).to.have.members([1, 3, 4]);
  });
});
