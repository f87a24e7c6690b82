import { expect } from 'chai';
import type { BulkWork, Operation } from '../../../src/domain/events/index.ts';
import { idRangesOf } from '../../../src/domain/id-ranges.ts';
import { isResting } from '../../../src/domain/operation.ts';
import { QuotaUsedUp } from '../../../src/domain/quotas.ts';
import { createOperationRunner, type Operations, PAGE } from '../../../src/operations/run-operation.ts';
import type { Queries } from '../../../src/projections/queries/index.ts';
import type { ItemWalk, SelectedItem } from '../../../src/projections/queries/operations.ts';
import { NO_TRACES } from '../../../src/telemetry/tracer.ts';
import { createLeases } from '../../support/leases.ts';
import type { Faults, StoreCall } from '../../support/memory-store.ts';
import { aContext, createProcesses, jobAsked, type Process } from '../../support/processes.ts';
import { stub } from '../../support/stub.ts';

const SECOND_MS = 1_000;
const HOUR_MS = 3_600_000;
const all = { all: true } as const;

/** A tenant with so many jobs, created a second apart, and processes that carry out operations on them. */
const start = async (jobs: number) => {
  const processes = createProcesses();
  const { world } = processes;
  const api = processes.start();
  const { value: application } = await api.commands.createApplication(aContext(), { name: 'crm' });
  const created: { jobId: number; at: string }[] = [];
  const createJob = async () => {
    const requested = jobAsked(application.applicationId, `job-${created.length}`);
    const { job } = (await api.commands.createJob(aContext(), requested)).value;
    created.push({ jobId: job.jobId, at: job.createdAt });
    await world.advance(SECOND_MS);
    return job.jobId;
  };
  for (let each = 0; each < jobs; each++) await createJob();

  const operations = new Map<number, Operation>();
  const request = async (work: BulkWork, tenant = 'acme') => {
    const context = aContext({ tenant, correlationId: 'c-bulk', reason: 'Moving' });
    const { value } = await api.commands.requestOperation(context, { work });
    operations.set(value.operationId, value);
    return value.operationId;
  };
  const shown = (operationId: number): Operation => {
    const last = processes.recorded(`operation-${operationId}`).at(-1);
    if (last === undefined || !('operationId' in last.data && 'work' in last.data))
      throw new Error(`there is no operation ${operationId}`);
    return last.data;
  };
  const queries: Operations['queries'] = stub<Queries>({
    openOperations: async () =>
      [...operations.values()].filter(({ operationId }) => {
        const operation = shown(operationId);
        return operation.endedAt === undefined && !isResting(operation, world.clock.now());
      }),
    selectItems: async (_scope, _work, { upTo, after, limit }) =>
      created
        .filter(({ jobId, at }) => at <= upTo && (after === undefined || jobId > after.id))
        .slice(0, limit)
        .map(({ jobId, at }) => ({ item: { of: 'job', jobId }, cursor: { at, id: jobId } })),
    countItems: async () => created.length,
  });
  const { leases, ...rest } = createLeases();
  const run = (process: Process = processes.start(), other: Partial<Operations> = {}) => {
    const { log, commands } = process;
    const ports = {
      queries,
      leases,
      caughtUp: async () => true,
      countTrigger: () => {},
      tracer: NO_TRACES,
      ...other,
    };
    const runner = createOperationRunner({ ...log, ...ports, commands });
    runner.start();
    return runner;
  };
  const eventsOf = (type: string) => processes.recorded().filter((event) => event.type === type);
  return { processes, world, api, created, createJob, request, shown, queries, run, eventsOf, ...rest };
};

/** Of an operation that knows its items. */
const queriesOfNone: Operations['queries'] = stub<Queries>({
  openOperations: async () => [],
  selectItems: () => Promise.reject(new Error('not asked for')),
  countItems: () => Promise.reject(new Error('not asked for')),
});

const trigger: BulkWork = { of: 'jobs', action: 'trigger', filter: all };
const disable: BulkWork = { of: 'jobs', action: 'disable', filter: all };

/** Of a process that died. */
const deadTimers = { after: () => () => true, sleep: () => new Promise<void>(() => {}) };

/** The process dies for good at the n-th append of this type, before or after it is made. */
const diesAt = (type: string, nth: number, when: 'before' | 'after'): Faults => {
  let left = nth;
  let isDead = false;
  const dead = () => new Promise<void>(() => {});
  const strikes = (call: StoreCall): boolean => {
    if (call.verb !== 'append' || !call.append.events.some((event) => event.type === type)) return false;
    left -= 1;
    return left === 0;
  };
  return {
    before: (call) => {
      if (!isDead && when === 'before') isDead = strikes(call);
      return isDead ? dead() : undefined;
    },
    after: (call) => {
      if (!isDead && when === 'after') isDead = strikes(call);
      return isDead ? dead() : undefined;
    },
  };
};

describe('the runner of operations', () => {
  it("changes every item in the caller's name, with one reason and correlation id", async () => {
    const { world, request, shown, run, eventsOf } = await start(3);
    const id = await request(disable);
    run();
    await world.advance(2 * SECOND_MS);
    expect(shown(id)).to.include({ status: 'completed', total: 3, done: 3 });
    const disabled = eventsOf('JobDisabled');
    expect(disabled).to.have.length(3);
    for (const { metadata } of disabled) {
      const actor = { type: 'user', name: 'ann' };
      expect(metadata).to.deep.equal({ actor, correlationId: 'c-bulk', reason: 'Moving' });
    }
    const told = world.lines.flatMap(({ message, fields }) =>
      message.startsWith('operations') ? [{ message, ...fields }] : [],
    );
    expect(told).to.deep.equal([
      {
        message: 'operations: a bulk operation started',
        operationId: id,
        tenant: 'acme',
        correlationId: 'c-bulk',
        of: 'jobs',
        action: 'disable',
        actor: 'ann',
      },
      {
        message: 'operations: a bulk operation ended',
        operationId: id,
        tenant: 'acme',
        correlationId: 'c-bulk',
        status: 'completed',
        done: 3,
        rejected: {},
      },
    ]);
    expect(eventsOf('OperationEnded')[0]?.metadata.actor).to.deep.equal({ type: 'system', name: 'carillon' });
  });

  it('takes pages of items at its pace, and none that came later', async () => {
    const { world, createJob, request, shown, run, eventsOf } = await start(2 * PAGE + 10);
    const id = await request(trigger);
    await world.advance(1);
    const later = await createJob();
    run();
    await world.advance(SECOND_MS - 1);
    expect(shown(id).done).to.equal(2 * PAGE);
    await world.advance(SECOND_MS);
    expect(shown(id)).to.include({ status: 'completed', done: 2 * PAGE + 10 });
    const jobs = eventsOf('ExecutionRequested').map(({ data }) => 'jobId' in data && data.jobId);
    expect(jobs)
      .to.have.length(2 * PAGE + 10)
      .and.to.not.include(later);
  });

  it('pauses the jobs that it disables until the last of them is disabled', async () => {
    const { processes, world, created, shown, run, eventsOf } = await start(PAGE + 10);
    const ids = created.map(({ jobId }) => jobId).filter((id) => id % 2 === 0);
    const api = processes.start({}, { readModels: { findJobs: async () => idRangesOf(ids) } });
    const requested = await api.commands.requestOperation(aContext(), { work: disable });
    const { operationId, pauseId } = requested.value;
    const pause = () => processes.recorded(`pause-${pauseId}`).at(-1);
    expect([requested.warnings, pause()?.type]).to.deep.equal([[], 'PauseSet']);
    run(undefined, { queries: { ...queriesOfNone, openOperations: async () => [requested.value] } });
    await world.advance(2 * SECOND_MS);
    expect(shown(operationId)).to.include({ status: 'completed', total: ids.length, done: ids.length });
    expect(eventsOf('JobDisabled').map(({ data }) => 'jobId' in data && data.jobId)).to.have.members(ids);
    const kept = processes.recorded(`pause-${pauseId}`).map(({ type, data }) => [type, 'until' in data]);
    expect(kept, 'it lasts until the operation ends').to.deep.equal([
      ['PauseSet', true],
      ['PauseSet', false],
      ['PauseLifted', false],
    ]);

    const late = await processes.start().commands.requestOperation(aContext(), { work: disable });
    expect([late.value.pauseId, late.warnings?.length], 'the read models lag behind').to.deep.equal([undefined, 1]);
    const large = processes.start(
      {},
      { readModels: { findJobs: async () => Array.from({ length: 500_000 }, () => 9) } },
    );
    expect((await large.commands.requestOperation(aContext(), { work: disable })).warnings).to.have.length(1);
  });

  it('spreads what it triggers over the time that was requested, and can be cancelled in the meantime', async () => {
    const { world, api, request, shown, run, eventsOf } = await start(10);
    const spread = { ...trigger, spread: '10m' };
    const one = await request(spread);
    run();
    await world.advance(SECOND_MS);
    const beganMs = world.clock.now();
    await world.advance(9 * 60 * SECOND_MS);
    expect(shown(one)).to.include({ status: 'completed', done: 10 });
    const minutes = eventsOf('ExecutionRequested').map(
      ({ recordedAt }) => Math.floor((recordedAt - beganMs) / 60_000) + 1,
    );
    expect(minutes).to.deep.equal([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    const other = await request(spread);
    await world.advance(61 * SECOND_MS);
    await api.commands.cancelOperation(aContext(), other);
    await world.advance(2 * SECOND_MS);
    expect(shown(other)).to.include({ status: 'cancelled', done: 2 });
  });

  it('takes no place of another tenant while it rests', async () => {
    const { world, request, shown, run } = await start(3);
    const resting = await Promise.all(
      Array.from({ length: 8 }, (_, each) => request({ ...trigger, spread: '10m' }, `spread-${each}`)),
    );
    run();
    await world.advance(5 * SECOND_MS);
    for (const id of resting) expect(shown(id)).to.include({ status: 'running', nextAt: shown(id).nextAt });
    const id = await request(trigger);
    await world.advance(2 * SECOND_MS);
    expect(shown(id)).to.include({ status: 'completed' });
    await world.advance(600 * SECOND_MS);
    for (const each of resting) expect(shown(each)).to.include({ status: 'completed' });
  });

  it('lets other tenants have their turn while eight change many items', async () => {
    const { world, request, shown, queries, run } = await start(0);
    for (let each = 0; each < 8; each++) await request(trigger, `large-${each}`);
    const endless = async (_scope: unknown, _work: unknown, { after, upTo: at }: ItemWalk): Promise<SelectedItem[]> => {
      const id = (after?.id ?? 0) + 1;
      return [{ item: { of: 'job', jobId: 1_000 + id }, cursor: { at, id } }];
    };
    run(undefined, { queries: { ...queries, selectItems: endless } });
    await world.advance(SECOND_MS);
    const id = await request(trigger);
    await world.advance(4 * SECOND_MS);
    expect(shown(id).rejected.JOB_NOT_FOUND).to.be.above(0);
  });

  const deaths = ['ExecutionRequested', 'OperationProgressed'] as const;
  for (const type of deaths) {
    for (const when of ['before', 'after'] as const) {
      it(`repeats nothing if a process dies ${when} it appends ${type}, and counts each item once`, async () => {
        const { processes, world, request, shown, run, eventsOf, loseAll, taken } = await start(40);
        const id = await request(trigger);
        run(processes.start(diesAt(type, type === 'OperationProgressed' ? 1 : 8, when)));
        await world.advance(5 * SECOND_MS);
        expect(shown(id).endedAt, 'it died').to.equal(undefined);
        expect(taken()).to.deep.equal([`operation ${id}`]);
        run();
        await world.advance(5 * SECOND_MS);
        expect(shown(id).endedAt, 'somebody else has the lease').to.equal(undefined);
        loseAll();
        await world.advance(60 * SECOND_MS);
        expect(shown(id)).to.deep.include({ status: 'completed', done: 40, rejected: {}, total: 40 });
        expect(eventsOf('ExecutionRequested')).to.have.length(40);
      });
    }
  }

  it('repeats nothing if only a newer release knows the last event of an item', async () => {
    const { processes, world, request, shown, run, eventsOf, loseAll } = await start(3);
    const id = await request(trigger);
    run(processes.start(diesAt('OperationEnded', 1, 'before')));
    await world.advance(5 * SECOND_MS);
    for (const { stream } of eventsOf('ExecutionRequested')) processes.takeNewer(stream);
    loseAll();
    run();
    await world.advance(60 * SECOND_MS);
    expect(shown(id)).to.deep.include({ status: 'completed', done: 3, rejected: {} });
    expect(eventsOf('ExecutionRequested')).to.have.length(3);
  });

  it('changes nothing twice if two processes believe to have the lease', async () => {
    const { world, request, shown, run, eventsOf } = await start(40);
    const id = await request(trigger);
    const others = () => ({ leases: createLeases().leases });
    run(undefined, others());
    run(undefined, others());
    await world.advance(60 * SECOND_MS);
    expect(shown(id)).to.deep.include({ status: 'completed', done: 40, rejected: {} });
    expect(eventsOf('ExecutionRequested')).to.have.length(40);
  });

  it('counts what is rejected by code, and continues', async () => {
    const { world, api, created, request, shown, run } = await start(4);
    const id = await request(trigger);
    for (const { jobId } of created.slice(0, 2)) await api.commands.deleteJob(aContext(), jobId, {});
    run();
    await world.advance(2 * SECOND_MS);
    expect(shown(id)).to.deep.include({ status: 'completed', done: 2, rejected: { JOB_NOT_FOUND: 2 } });
  });

  it('ends within a page if it is cancelled', async () => {
    const { world, api, request, shown, run, eventsOf } = await start(PAGE + 10);
    const id = await request(trigger);
    run();
    await world.advance(1);
    await api.commands.cancelOperation(aContext(), id);
    await world.advance(5 * SECOND_MS);
    const { status, done } = shown(id);
    expect([status, done]).to.deep.equal(['cancelled', eventsOf('ExecutionRequested').length]);
    expect(done).to.equal(PAGE);
  });

  it('waits for the quota of triggers', async () => {
    const { world, request, shown, run } = await start(3);
    let free = 2;
    const countTrigger = (): void => {
      if (free === 0) throw new QuotaUsedUp('TOO_MANY_TRIGGERS', 'used up', 30);
      free -= 1;
    };
    const id = await request(trigger);
    run(undefined, { countTrigger });
    await world.advance(29 * SECOND_MS);
    expect(shown(id).status).to.equal('running');
    expect(shown(id).nextAt, 'it rests').to.not.equal(undefined);
    free = 1;
    await world.advance(5 * SECOND_MS);
    expect(shown(id)).to.deep.include({ status: 'completed', done: 3, rejected: {} });
  });

  it('begins when the read models show what was there', async () => {
    const { world, request, shown, run } = await start(1);
    let isCaughtUp = false;
    const caughtUp = async () => {
      await world.timers.sleep(SECOND_MS);
      return isCaughtUp;
    };
    const id = await request(trigger);
    run(undefined, { caughtUp });
    await world.advance(HOUR_MS / 60);
    expect(shown(id).status).to.equal('pending');
    isCaughtUp = true;
    await world.advance(5 * SECOND_MS);
    expect(shown(id).status).to.equal('completed');
  });

  it('fails if what matches can not be found in time, and tries again after other errors', async () => {
    const { world, request, shown, queries, run } = await start(1);
    const id = await request(trigger);
    let failing: Error = new Error('Postgres is away');
    const selectItems = () => Promise.reject(failing);
    run(undefined, { queries: { ...queries, selectItems } });
    await world.advance(60 * SECOND_MS);
    expect(shown(id).status).to.equal('pending');
    failing = Object.assign(new Error('too slow'), { code: 'QUERY_TOO_SLOW' });
    await world.advance(60 * SECOND_MS);
    expect([shown(id).status, shown(id).error?.code]).to.deep.equal(['failed', 'QUERY_TOO_SLOW']);
  });

  it('does not continue with what was left for a day', async () => {
    const { processes, world, request, shown, run, eventsOf, loseAll } = await start(30);
    const id = await request(trigger);
    const dying = processes.start(diesAt('ExecutionRequested', 8, 'before'));
    run({ ...dying, log: { ...dying.log, world: { ...world, timers: deadTimers } } });
    await world.advance(SECOND_MS);
    const { length } = eventsOf('ExecutionRequested');
    await world.advance(24 * HOUR_MS);
    loseAll();
    run();
    await world.advance(60 * SECOND_MS);
    expect([shown(id).status, shown(id).error?.code]).to.deep.equal(['failed', 'INTERRUPTED']);
    expect(eventsOf('ExecutionRequested')).to.have.length(length);
  });

  it('stops with the items in progress, and another process continues', async () => {
    const { world, request, shown, run, eventsOf, taken } = await start(PAGE + 10);
    const id = await request(trigger);
    const runner = run();
    await world.advance(1);
    const stopped = runner.stop();
    await world.advance(SECOND_MS);
    await stopped;
    expect([shown(id).endedAt, taken()]).to.deep.equal([undefined, []]);
    run();
    await world.advance(30 * SECOND_MS);
    expect(shown(id)).to.include({ status: 'completed', done: PAGE + 10 });
    expect(eventsOf('ExecutionRequested')).to.have.length(PAGE + 10);
  });
});
