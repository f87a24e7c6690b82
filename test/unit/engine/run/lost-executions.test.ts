import { expect } from 'chai';
import type { EventOf } from '../../../../src/domain/events/index.ts';
import type { EngineContext } from '../../../../src/engine/context.ts';
import { createValueTable } from '../../../../src/engine/jobs/application-values.ts';
import { createClosureTable } from '../../../../src/engine/jobs/closures.ts';
import { createLostExecutions } from '../../../../src/engine/run/lost-executions.ts';
import { createStreamQueues } from '../../../../src/event-store/append-with-retry.ts';
import { NO_STREAM } from '../../../../src/event-store/port.ts';
import { inMemory } from '../../../support/engines.ts';
import { aJobTable } from '../../../support/job-tables.ts';
import { okResult } from '../../../support/run-events.ts';
import { stub } from '../../../support/stub.ts';
import { settle } from '../../../support/world.ts';

const AT = '2026-01-01T00:00:00.000Z';

/** The claim of a job's execution, which is under way at an engine. */
const claimOf = (jobId: number, engineId: string): EventOf<'ExecutionStarted'> => {
  const execution = {
    executionId: 100 + jobId,
    attempt: 1,
    trigger: 'schedule' as const,
    scheduledAt: AT,
    createdAt: AT,
    engineId,
  };
  const tail = { jobRevision: 0, cursor: AT, runs: 1, open: [{ ...execution, state: 'running' as const }] };
  return {
    type: 'ExecutionStarted',
    data: { tenant: 'acme', applicationId: 1, jobId, jobRevision: 0, ...execution, tail },
  };
};

describe('executions of dead engines', () => {
  /** What ends lost executions in the engine `mine`; `dead` is dead, and everything is for `mine` to end, if not said otherwise. */
  const given = () => {
    const { world, log, store } = inMemory();
    const closures = createClosureTable();
    const table = aJobTable(world.clock, { owns: () => false, closures });
    const requested: (readonly string[])[] = [];
    const around = {
      isClaiming: () => true,
      endsFor: (_: number) => true,
      deadAmong: async (_: readonly string[]): Promise<ReadonlySet<string>> => new Set(['dead']),
    };
    const context = stub<EngineContext>({
      store,
      lanes: createStreamQueues(),
      world,
      engineId: 'mine',
      table,
      closures,
      values: createValueTable(),
      state: stub<EngineContext['state']>({ isClaiming: () => around.isClaiming() }),
      members: stub<EngineContext['members']>({
        endsFor: ({ jobId }) => around.endsFor(jobId),
        deadAmong: (engineIds) => {
          requested.push([...engineIds]);
          return around.deadAmong([...engineIds]);
        },
      }),
    });
    const look = createLostExecutions(context);
    /** An execution of this job is under way at an engine. */
    const running = async (jobId: number, engineId: string): Promise<void> => {
      const claim = claimOf(jobId, engineId);
      const metadata = { actor: { type: 'engine' as const, name: engineId }, correlationId: `job-${jobId}` };
      await store.append({
        stream: `runs-${jobId}`,
        expectedRevision: NO_STREAM,
        events: [{ ...claim, id: world.random.uuid(), metadata }],
      });
      table.loader()({
        jobId,
        tenant: 'acme',
        applicationId: 1,
        enabled: true,
        deleted: false,
        jobRevision: 0,
        scheduleFields: { pattern: '* * * * *', timezone: 'UTC', scheduleSince: claim.data.tail.cursor },
        runsRevision: 0,
        tail: claim.data.tail,
      });
    };
    const eventsOf = (jobId: number) =>
      log.streamEvents(`runs-${jobId}`).map(({ type, data }) => ({ type, data: JSON.parse(data) }));
    const typesOf = (jobId: number) => eventsOf(jobId).map(({ type }) => type);
    return { world, table, around, asked: requested, look, running, eventsOf, typesOf };
  };

  it('ends what a dead engine ran, as unknown', async () => {
    const { table, look, running, eventsOf } = given();
    await running(1, 'dead');
    look()();
    await settle();
    const [, end] = eventsOf(1);
    expect(end?.type).to.equal('ExecutionFailed');
    expect(end?.data).to.deep.include({ executionId: 101, attempt: 1, reason: 'ENGINE_LOST' });
    expect(end?.data.error).to.deep.include({ code: 'OUTCOME_UNKNOWN' });
    expect(end?.data.error.message).to.match(/the engine dead was lost/);
    expect(table.get(1)?.runs.open).to.deep.equal([]);
  });

  it('leaves executions that another engine ends', async () => {
    const { around, look, running, typesOf } = given();
    around.endsFor = (jobId) => jobId === 2;
    await running(1, 'dead');
    await running(2, 'dead');
    look()();
    await settle();
    expect([1, 2].map((jobId) => typesOf(jobId).length)).to.deep.equal([1, 2]);
  });

  it('ends nothing while its engine does not claim', async () => {
    const { around, asked: requested, look, running, typesOf } = given();
    around.isClaiming = () => false;
    await running(1, 'dead');
    look()();
    await settle();
    expect([typesOf(1), requested]).to.deep.equal([['ExecutionStarted'], []]);
  });

  it('checks by a heartbeat only what it saw before that was sent', async () => {
    const { look, running, typesOf } = given();
    await running(1, 'dead');
    const judge = look();
    await running(2, 'dead');
    judge();
    await settle();
    expect([1, 2].map((jobId) => typesOf(jobId).length)).to.deep.equal([2, 1]);
    look()();
    await settle();
    expect(typesOf(2)).to.deep.equal(['ExecutionStarted', 'ExecutionFailed']);
  });

  it('does not begin again while it is at it', async () => {
    const { around, asked: requested, look, running, typesOf } = given();
    const found = Promise.withResolvers<ReadonlySet<string>>();
    around.deadAmong = () => found.promise;
    await running(1, 'dead');
    look()();
    look()();
    found.resolve(new Set(['dead']));
    await settle();
    expect([requested.length, typesOf(1)]).to.deep.equal([1, ['ExecutionStarted', 'ExecutionFailed']]);
  });

  it('records nothing if the outcome came first, though its engine is dead', async () => {
    const { table, look, running, typesOf } = given();
    await running(1, 'dead');
    const judge = look();
    const { type: _, data } = claimOf(1, 'dead');
    table.applyRunEvent({
      type: 'ExecutionSucceeded',
      data: {
        ...data,
        finishedAt: AT,
        result: okResult,
        tail: { ...data.tail, open: [] },
      },
      revision: 1,
    });
    judge();
    await settle();
    expect(typesOf(1)).to.deep.equal(['ExecutionStarted']);
  });
});
