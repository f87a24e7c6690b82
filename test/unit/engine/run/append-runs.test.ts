import { expect } from 'chai';
import type { RunEvent } from '../../../../src/domain/events/index.ts';
import type { EngineContext } from '../../../../src/engine/context.ts';
import { newRecord } from '../../../../src/engine/jobs/job-records.ts';
import { appendRuns, type RunsDecision } from '../../../../src/engine/run/append-runs.ts';
import { createStreamQueues } from '../../../../src/event-store/append-with-retry.ts';
import { AppendTooLarge } from '../../../../src/event-store/errors.ts';
import type { Append, EventStore } from '../../../../src/event-store/port.ts';
import { addJob, asAnn, engineOver, engineTable, inMemory, jobInput } from '../../../support/engines.ts';
import { appendEachOf, withAppend } from '../../../support/memory-store.ts';
import { stub } from '../../../support/stub.ts';

const definitionActivated = (jobId: number): RunEvent => {
  const from = '2026-03-01T09:00:00.000Z';
  const tail = { jobRevision: 0, cursor: from, runs: 0, open: [] };
  return { type: 'DefinitionActivated', data: { tenant: 'acme', applicationId: 1, jobId, jobRevision: 0, from, tail } };
};

const has = (append: Append, type: RunEvent['type']): boolean => append.events.some((event) => event.type === type);

/** An engine with one job, over a log that takes an append only where this lets it. */
const engineWith = async (reject: (append: Append) => Error | undefined) => {
  const { world, store, commands } = inMemory();
  const choosy = withAppend(store, async (append) => {
    const rejection = reject(append);
    if (rejection !== undefined) throw rejection;
    return store.append(append);
  });
  const { engine, calls } = engineOver({ store: choosy, world, membership: engineTable(world).membership });
  await engine.start();
  const { jobId } = await addJob(commands);
  const ends = async () => {
    const events: string[] = [];
    for await (const event of store.readStream(`runs-${jobId}`)) {
      if (event.type === 'ExecutionFailed') events.push(event.data.error.code);
      else if (event.type === 'ExecutionSucceeded') events.push('succeeded');
    }
    return events;
  };
  return { world, engine, calls, ends };
};

describe('an outcome that the log does not take', () => {
  it('ends as not recorded if no log could hold it, and the job continues', async () => {
    const { world, engine, calls, ends } = await engineWith((append) =>
      has(append, 'ExecutionSucceeded')
        ? new AppendTooLarge({ stream: append.stream, sizeBytes: 2_000_000, limitBytes: 1_048_576 })
        : undefined,
    );
    await world.advance(16_000);
    expect(await ends()).to.deep.equal(['OUTCOME_NOT_RECORDED', 'OUTCOME_NOT_RECORDED', 'OUTCOME_NOT_RECORDED']);
    expect(calls).to.have.length(3);
    await engine.stop(0);
  });

  it('is recorded once the log takes it', async () => {
    let denied = true;
    const { world, engine, ends } = await engineWith((append) =>
      denied && has(append, 'ExecutionSucceeded') ? new Error('a right is missing') : undefined,
    );
    await world.advance(12_000);
    expect(await ends()).to.deep.equal([]);
    denied = false;
    await world.advance(16_000);
    expect((await ends()).length).to.be.at.least(3);
    expect(new Set(await ends())).to.deep.equal(new Set(['succeeded']));
    await engine.stop(0);
  });

  it('is abandoned if the engine stops in the meantime', async () => {
    const { world, engine, ends } = await engineWith((append) =>
      has(append, 'ExecutionSucceeded') ? new Error('a right is missing') : undefined,
    );
    await world.advance(6_000);
    const stopped = engine.stop(1_000);
    await world.advance(2_000);
    await stopped;
    expect(await ends()).to.deep.equal([]);
  });
});

describe('slots that are claimed together', () => {
  /** Two jobs due at the same instants, over a log that may be changed right before it gets their claims. */
  const start = async (before: (claims: readonly Append[]) => Promise<void>) => {
    const { world, log, store, commands } = inMemory();
    const together: number[] = [];
    const watched: EventStore = {
      ...store,
      appendEach: async (appends) => {
        if (appends.some((append) => has(append, 'ExecutionStarted'))) {
          together.push(appends.length);
          await before(appends);
        }
        return appendEachOf(store)(appends);
      },
    };
    const { engine, calls } = engineOver({ store: watched, world, membership: engineTable(world).membership });
    await engine.start();
    const { value } = await commands.createApplication(asAnn, { name: 'crm' });
    const create = async (name: string) =>
      (await commands.createJob(asAnn, jobInput(value.applicationId, { name }))).value.job.jobId;
    const jobIds = [await create('first'), await create('second')];
    return { world, log, engine, commands, calls, jobIds, together };
  };

  it('are appended by one request, and each is called once', async () => {
    const { world, engine, calls, jobIds, together } = await start(async () => {});
    await world.advance(6_000);
    expect(together).to.deep.equal([2]);
    expect(calls.map(({ claim }) => claim.jobId)).to.have.members(jobIds);
    await engine.stop(0);
  });

  it('are called but for the one that lost, which is decided again on what came first', async () => {
    let hasPaused = false;
    const { world, engine, calls, commands, jobIds, log } = await start(async () => {
      if (hasPaused) return;
      hasPaused = true;
      await commands.disableJob(asAnn, jobIds[0] ?? 0, {});
    });
    await world.advance(6_000);
    expect(calls.map(({ claim }) => claim.jobId)).to.deep.equal([jobIds[1]]);
    expect(log.streamEvents(`runs-${jobIds[0]}`).map(({ type }) => type)).not.to.include('ExecutionStarted');
    await engine.stop(0);
  });

  it('are not called before the log has responded', async () => {
    const response = Promise.withResolvers<void>();
    const { world, engine, calls, jobIds } = await start(() => response.promise);
    await world.advance(6_000);
    expect(calls).to.deep.equal([]);
    response.resolve();
    await world.advance(0);
    expect(calls.map(({ claim }) => claim.jobId)).to.have.members(jobIds);
    await engine.stop(0);
  });
});

describe('decisions that are made together', () => {
  it('are made and taken in one by one, whatever happens to one of them', async () => {
    const { world, store } = inMemory();
    const applied: number[] = [];
    const deps = stub<EngineContext>({
      store,
      world,
      lanes: createStreamQueues(),
      engineId: 'e1',
      table: stub<EngineContext['table']>({ applyRunEvent: ({ data }) => void applied.push(data.jobId) }),
    });
    const ends: unknown[] = [];
    const of = (jobId: number, other: Partial<RunsDecision> = {}): RunsDecision => ({
      job: { ...newRecord(jobId, 'acme', 1) },
      decide: () => [definitionActivated(jobId)],
      made: () => ends.push(jobId),
      failed: (error) => ends.push(error),
      ...other,
    });
    const bad = new Error('bad');
    const throwing = () => {
      throw bad;
    };
    await appendRuns(deps, [
      of(1),
      of(2, { decide: throwing }),
      of(3, { made: throwing }),
      of(4, { decide: () => [] }),
      of(5, { decide: throwing, failed: throwing }),
      of(6),
      of(6, { decide: () => [] }),
    ]);
    expect(ends).to.have.members([1, bad, 4, 6, 6]);
    expect(applied).to.deep.equal([1, 3, 6]);
    expect(world.lines.map(({ message }) => message)).to.deep.equal(
      Array.from({ length: 2 }, () => 'scheduler: could not handle a job because of an internal error'),
    );
  });
});
