import { expect } from 'chai';
import type { AttemptOutcome } from '../../../src/domain/delivery.ts';
import { runsStream } from '../../../src/domain/streams.ts';
import { toInstant } from '../../../src/domain/values.ts';
import { lastEventOf } from '../../../src/event-store/read-log.ts';
import { createHookCaller, type HookWork, type OutgoingHook } from '../../../src/operations/call-hooks.ts';
import type { Queries } from '../../../src/projections/queries/index.ts';
import { executionRecord, executionView } from '../../../src/projections/queries/records/executions.ts';
import type { DueHook } from '../../../src/projections/queries/records/hooks.ts';
import { foldExecutions } from '../../../src/projections/read-models/executions-fold.ts';
import { foldHooks } from '../../../src/projections/read-models/hooks.ts';
import { createLeases } from '../../support/leases.ts';
import { aContext, createProcesses, jobAsked, type Process } from '../../support/processes.ts';
import { runsOf } from '../../support/run-events.ts';
import { stub } from '../../support/stub.ts';

const TAKEN: AttemptOutcome = { kind: 'delivered', response: '200' };
const REJECTED: AttemptOutcome = { kind: 'failed', code: 'HTTP_503', message: 'it answered 503', response: '503' };
const onFailure = { url: 'https://example.org/failed' };

/** A job with a hook, and processes that call hooks. */
const start = async () => {
  const processes = createProcesses();
  const { world } = processes;
  const api = processes.start();
  const { value: application } = await api.commands.createApplication(aContext(), { name: 'crm' });
  const { applicationId } = application;
  const { value } = await api.commands.createJob(aContext({ canReadExecutions: true }), {
    ...jobAsked(applicationId, 'nightly'),
    onFailure,
  });
  const { jobId } = value.job;
  const runs = runsOf(jobId, applicationId);
  const append = async (event: ReturnType<typeof runs.start | typeof runs.fail>): Promise<void> => {
    const stream = runsStream(jobId);
    const expectedRevision = (await lastEventOf(api.log.store, stream))?.revision ?? -1;
    const metadata = { actor: { type: 'system', name: 'engine' }, correlationId: 'c-1' } as const;
    await api.log.store.append({ stream, expectedRevision, events: [{ ...event, id: world.random.uuid(), metadata }] });
  };
  const fail = async (executionId: number): Promise<void> => {
    await append(runs.start(executionId, world.clock.now()));
    const { type, data } = runs.fail(executionId, world.clock.now());
    await append({ type, data: { ...data, hasHook: true } });
  };
  const hooks = () => [...(foldHooks(processes.recorded())?.values() ?? [])];
  const hookOf = (executionId: number) => hooks().find((each) => each.executionId === executionId);
  const due = () => hooks().filter(({ nextAt }) => nextAt !== undefined && Date.parse(nextAt) <= world.clock.now());
  const { leases, loseAll } = createLeases();
  const queries: HookWork['queries'] = stub<Queries>({
    tenantsWithDueHooks: async () => (due().length > 0 ? ['acme'] : []),
    dueHooks: async () => due(),
    getExecution: async (_scope, id) => {
      const found = foldExecutions(processes.recorded())?.get(id);
      return found && executionView(found);
    },
  });
  const called: (OutgoingHook & { readonly atMs: number })[] = [];
  const run = (
    response: HookWork['call'],
    { process = api, ...other }: Partial<HookWork> & { process?: Process } = {},
  ) => {
    const call: HookWork['call'] = (outgoing, signal) => {
      called.push({ ...outgoing, atMs: world.clock.now() });
      return response(outgoing, signal);
    };
    const ports = { queries, leases, call, caughtUp: async () => true, mayCall: async () => true, attempted: () => {} };
    const caller = createHookCaller({ ...process.log, commands: process.commands, ...ports, ...other });
    caller.start();
    return caller;
  };
  return { processes, world, api, jobId, fail, hookOf, run, called, loseAll };
};

describe('the calls of hooks', () => {
  it('are made once if they are taken, and state so', async () => {
    const { world, fail, hookOf, run, called } = await start();
    const caller = run(async () => TAKEN);
    await fail(40);
    await world.advance(60_000);
    expect(called).to.have.length(1);
    expect(called[0]).to.deep.include({ name: 'onFailure', hook: onFailure });
    expect(called[0]?.execution).to.include({ id: 40, status: 'failed' });
    expect(hookOf(40)).to.deep.include({ status: 'delivered', attempts: 1, response: '200' });
    await caller.stop();
  });

  it('are retried after increasing pauses, and abandoned after eleven minutes', async () => {
    const { world, fail, hookOf, run, called } = await start();
    const caller = run(async () => REJECTED);
    await fail(40);
    await world.advance(20 * 60_000);
    const [first = { atMs: 0 }] = called;
    const minutes = called.map(({ atMs }) => Math.floor((atMs - first.atMs) / 60_000));
    expect(minutes).to.deep.equal([0, 0, 0, 0, 1, 2, 5, 10]);
    expect(hookOf(40)).to.deep.include({ status: 'abandoned', attempts: 8, nextAt: undefined });
    expect(hookOf(40)?.error).to.deep.equal({ code: 'HTTP_503', message: 'it answered 503' });
    await caller.stop();
  });

  it('are made once more by the next process if one died before it could record the first', async () => {
    const { processes, world, fail, hookOf, run, called, loseAll } = await start();
    const dies = processes.start({
      before: (call) =>
        call.verb === 'append' && call.append.events.some(({ type }) => type === 'HookAttempted')
          ? new Promise<void>(() => {})
          : undefined,
    });
    run(async () => TAKEN, { process: dies });
    await fail(40);
    await world.advance(5_000);
    expect([called.length, hookOf(40)?.attempts]).to.deep.equal([1, 0]);
    loseAll();
    const next = run(async () => TAKEN, { process: processes.start() });
    await world.advance(5_000);
    expect(called.map(({ execution }) => execution.id)).to.deep.equal([40, 40]);
    expect(hookOf(40)).to.include({ status: 'delivered', attempts: 1 });
    await next.stop();
  });

  it('use the hooks of the job at call time, and are abandoned if it has none', async () => {
    const { world, api, jobId, fail, hookOf, run, called } = await start();
    await fail(40);
    await api.commands.updateJob(aContext(), jobId, { onFailure: null }, {});
    const caller = run(async () => TAKEN);
    await world.advance(5_000);
    expect(called).to.deep.equal([]);
    expect(hookOf(40)).to.deep.include({ status: 'abandoned', attempts: 0 });
    expect(hookOf(40)?.error?.code).to.equal('HOOK_REMOVED');
    await caller.stop();
  });

  it('are not made by a restored copy, nor before the read models show what was called', async () => {
    const { world, fail, run, called } = await start();
    await fail(40);
    const copy = run(async () => TAKEN, { mayCall: async () => false });
    await world.advance(5_000);
    await copy.stop();
    const behind = run(async () => TAKEN, { caughtUp: async () => false });
    await world.advance(5_000);
    await behind.stop();
    expect(called).to.deep.equal([]);
  });

  it('of eight tenants that hang hold up those of no other tenant', async () => {
    const { processes, world, run } = await start();
    const process = processes.start();
    const others = [...Array(9).keys()].map((each) => `tenant-${each}`);
    const due = new Map<string, DueHook[]>();
    let executions = 100;
    for (const tenant of others) {
      const context = aContext({ tenant, canReadExecutions: true });
      const { applicationId } = (await process.commands.createApplication(context, { name: 'crm' })).value;
      const onFailure = { url: `https://${tenant}.example.org/failed` };
      const requested = { ...jobAsked(applicationId, 'nightly'), onFailure };
      const { jobId } = (await process.commands.createJob(context, requested)).value.job;
      const plannedAt = toInstant(world.clock.now());
      const count = tenant === 'tenant-8' ? 1 : 100;
      const hooksOf = Array.from({ length: count }, (): DueHook => {
        executions += 1;
        return { executionId: executions, jobId, name: 'onFailure', plannedAt, attempts: 0 };
      });
      due.set(tenant, hooksOf);
    }
    const tenantOf = new Map([...due].flatMap(([tenant, all]) => all.map(({ executionId }) => [executionId, tenant])));
    const at = toInstant(world.clock.now());
    const jobAndEnd = { jobId: 1, applicationId: 1, status: 'failed', trigger: 'manual' } as const;
    const ended = { ...jobAndEnd, attempt: 1, scheduledAt: at, createdAt: at };
    const begun: string[] = [];
    const caller = run(
      async ({ execution }, signal) => {
        const tenant = tenantOf.get(execution.id) ?? '';
        begun.push(tenant);
        await world.timers.sleep(10_000, signal);
        return undefined;
      },
      {
        process,
        queries: stub<Queries>({
          tenantsWithDueHooks: async (limit) => [...due.keys()].slice(0, limit),
          dueHooks: async (tenant, limit) => due.get(tenant)?.slice(0, limit) ?? [],
          getExecution: async (_scope, id) => executionView({ ...executionRecord.blank, ...ended, id }),
        }),
      },
    );
    await world.advance(1_000);
    expect(begun.filter((tenant) => tenant === 'tenant-0')).to.have.length.above(1);
    expect(begun).to.include('tenant-8');
    await caller.stop();
  });

  it('of a job with unreadable runs are skipped, and delay nothing else', async () => {
    const { processes, world, jobId, fail, run, called } = await start();
    await fail(40);
    processes.spoil(runsStream(jobId));
    const caller = run(async () => TAKEN);
    await world.advance(5_000);
    expect(called).to.deep.equal([]);
    await caller.stop();
  });
});
