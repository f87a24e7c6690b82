import { expect } from 'chai';
import type { EventOf } from '../../../src/domain/events/index.ts';
import { jobStream, leavesStream, runsStream } from '../../../src/domain/streams.ts';
import { toInstant } from '../../../src/domain/values.ts';
import { createStreamQueues } from '../../../src/event-store/append-with-retry.ts';
import type { RecordedEvent } from '../../../src/event-store/port.ts';
import { type RetentionWork, retain } from '../../../src/operations/retention.ts';
import type { Queries } from '../../../src/projections/queries/index.ts';
import { leavesToKeep, readKeptLeaves } from '../../../src/proofs/kept-leaves.ts';
import { appendEntries } from '../../support/append-entries.ts';
import { codec } from '../../support/codec.ts';
import type { Entry } from '../../support/entry.ts';
import { aJob } from '../../support/jobs.ts';
import { createMemoryLog } from '../../support/memory-log.ts';
import { createMemoryEventStore, type Faults } from '../../support/memory-store.ts';
import { readLeaves } from '../../support/memory-tree.ts';
import { runsOf } from '../../support/run-events.ts';
import { stub } from '../../support/stub.ts';
import { manualWorld } from '../../support/world.ts';

const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;
const START_MS = Date.UTC(2026, 2, 1);
const never = new AbortController().signal;

/** A log with runs of job 7 on the first day and on the fortieth, which is today. */
const openLog = async () => {
  let nowMs = START_MS;
  const manual = manualWorld();
  const world = {
    ...manual,
    clock: { ...manual.clock, now: () => nowMs },
    timers: { ...manual.timers, sleep: async () => {} },
  };
  const log = createMemoryLog({ now: () => nowMs });
  const storeWith = (faults: Faults) => createMemoryEventStore({ codec, now: () => nowMs, log, faults });
  const store = storeWith({});
  const runs = runsOf(7);
  const at = (event: Entry['event'], atMs: number): [Entry, number] => [{ stream: runsStream(7), event }, atMs];
  const job = aJob({ jobId: 7, applicationId: 3, tenant: 'acme', enabled: false });
  await appendEntries(store, [{ stream: jobStream(7), event: { type: 'JobCreated', data: job } }]);
  const today = START_MS + 40 * DAY_MS;
  const entries = [
    at(runs.start(40, START_MS + HOUR_MS), START_MS + HOUR_MS),
    at(runs.succeed(40, START_MS + HOUR_MS), START_MS + HOUR_MS + 1),
    at(runs.miss(START_MS + 2 * HOUR_MS), START_MS + 2 * HOUR_MS),
    at(runs.start(41, START_MS + 3 * HOUR_MS), START_MS + 3 * HOUR_MS),
    at(runs.fail(41, START_MS + 3 * HOUR_MS), START_MS + 3 * HOUR_MS + 1),
    at(runs.start(42, today), today),
    at(runs.succeed(42, today), today + 1),
  ];
  let revision = -1;
  for (const [{ stream, event }, atMs] of entries) {
    nowMs = atMs;
    const events = [
      {
        ...event,
        id: crypto.randomUUID(),
        metadata: { actor: { type: 'system' as const, name: 'x' }, correlationId: 'x' },
      },
    ];
    revision = (await store.append({ stream, expectedRevision: revision, events })).revision;
  }
  const events = async (stream: string): Promise<RecordedEvent[]> => Array.fromAsync(store.readStream(stream));
  const expiries = async () => (await events(runsStream(7))).filter((event) => event.type === 'ExecutionsExpired');
  const leaves = async () =>
    (await Array.fromAsync(readKeptLeaves(store))).flatMap(({ trees }) => trees.get('acme') ?? []);
  return {
    ...{ events, expiries, leaves },
    whole: (await readLeaves(store, 'acme')).hashes,
    round: (faults: Faults = {}, isTakenIn = true) =>
      retain(
        stub<RetentionWork>({
          ...{ store: storeWith(faults), lanes: createStreamQueues(), world, longestMs: 32 * DAY_MS },
          queries: stub<Queries>({
            hasRetention: async () => false,
            jobsKeeping: async () => ({
              jobs: [{ jobId: 7, tenant: 'acme', retention: undefined, lastKeptAt: undefined }],
              next: undefined,
            }),
            jobsToExpire: async () => [7],
            expiredJobs: async function* () {
              const last = (await expiries()).at(-1);
              if (last !== undefined) yield { jobId: 7, keptFrom: last.data.keptFrom };
            },
          }),
          leavesToKeep: (beforeMs, signal) => leavesToKeep({ log: store, beforeMs, signal }),
          takenInBy: async () => isTakenIn,
        }),
        { signal: never, lookForCuts: true },
      ),
  };
};

describe('retention', () => {
  it('keeps leaves, records what has expired, and cuts its events', async () => {
    const log = await openLog();
    await log.round();
    const [expired, ...others] = await log.expiries();
    const { before, keptFrom, totals }: EventOf<'ExecutionsExpired'>['data'] = expired?.data ?? expect.fail('none');
    expect(others).to.deep.equal([]);
    expect({ before, keptFrom }).to.deep.equal({ before: toInstant(START_MS + 8 * DAY_MS), keptFrom: 5 });
    expect(totals).to.deep.include({ succeeded: 1, failed: 1, called: { '': 2 }, ids: { first: 40, last: 41 } });
    expect((await log.events(runsStream(7))).map(({ revision }) => revision)).to.deep.equal([5, 6, 7]);
    expect((await log.leaves()).map(({ hash }) => hash)).to.deep.equal(log.whole.slice(0, 6));
    await log.round();
    expect(await log.expiries(), 'nothing twice').to.have.length(1);
    expect(await log.events(leavesStream)).to.have.length(1);
  });

  it('cuts nothing before every read model has taken in what has expired', async () => {
    const log = await openLog();
    const error = await log.round({}, false).catch((thrown: unknown) => thrown);
    expect(error).to.be.instanceOf(Error);
    expect(await log.events(runsStream(7))).to.have.length(7);
    expect(await log.events(leavesStream)).to.have.length(0);
  });

  for (const when of ['before', 'after'] as const) {
    it(`continues where a process was killed ${when} any of its writes`, async () => {
      let wasKilled = true;
      for (let killAt = 1; wasKilled; killAt++) {
        const log = await openLog();
        let writes = 0;
        wasKilled = false;
        const kill = (): void => {
          writes += 1;
          if (writes !== killAt) return;
          wasKilled = true;
          throw new Error('killed');
        };
        const faults: Faults = { [when]: ({ verb }: { verb: string }) => (WRITES.has(verb) ? kill() : undefined) };
        await log.round(faults).catch((error: Error) => expect(error.message).to.equal('killed'));
        const left = await log.events(runsStream(7));
        const [first] = left;
        if (first !== undefined && first.revision > 0) {
          expect((await log.expiries()).at(-1)?.data.keptFrom).to.be.at.least(first.revision);
          expect(await log.leaves()).to.have.length(6);
        }
        await log.round();
        expect((await log.events(runsStream(7))).map(({ revision }) => revision)).to.deep.equal([5, 6, 7]);
        expect(await log.expiries()).to.have.length(1);
        expect((await log.leaves()).map(({ hash }) => hash)).to.deep.equal(log.whole.slice(0, 6));
        expect(killAt).to.be.lessThan(10);
      }
    });
  }
});

const WRITES: ReadonlySet<string> = new Set(['append', 'truncateBefore']);
