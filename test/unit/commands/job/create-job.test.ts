import { expect } from 'chai';
import { decideCreateJob } from '../../../../src/commands/job/create-job.ts';
import { loadJob } from '../../../../src/commands/loop/load.ts';
import { initialJob } from '../../../../src/domain/job/job.ts';
import { jobStream } from '../../../../src/domain/streams.ts';
import type { Append } from '../../../../src/event-store/port.ts';
import { lastEventOf } from '../../../../src/event-store/read-log.ts';
import { commandsOver, asAnn as context, jobInput, memoryLog, storeOver } from '../../../support/engines.ts';
import { aJob, bornAt } from '../../../support/jobs.ts';
import type { StoreCall } from '../../../support/memory-store.ts';
import { aContext, createProcesses, jobAsked } from '../../../support/processes.ts';
import { manualWorld } from '../../../support/world.ts';

describe('PUT of a job by its name', () => {
  it('does not restore the old name of a job that is renamed simultaneously', async () => {
    const processes = createProcesses();
    const { world } = processes;
    const other = processes.start();
    const { applicationId } = (await other.commands.createApplication(aContext(), { name: 'crm' })).value;
    const requested = jobAsked(applicationId, 'old');
    const { jobId } = (await other.commands.createJob(aContext(), requested)).value.job;
    let isRenamed = false;
    const rename = async ({ verb, ...call }: StoreCall): Promise<void> => {
      if (verb !== 'append' || isRenamed || !('append' in call) || call.append.stream !== jobStream(jobId)) return;
      isRenamed = true;
      await other.commands.updateJob(aContext(), jobId, { name: 'new' }, {});
    };
    const putting = processes.start({ before: rename });
    const { applicationId: _, name: __, ...fields } = requested;
    const put = putting.commands.putJob(
      aContext(),
      { applicationId, name: 'old' },
      { ...fields, description: 'put' },
      {},
    );
    await world.advance(1_000);
    const { value, isNew } = await put;
    const { state } = await loadJob(other.log.store, jobId);
    expect([isRenamed, state.status !== 'absent' && state.definition.name]).to.deep.equal([true, 'new']);
    expect([isNew, value.job.name, value.job.description]).to.deep.equal([true, 'old', 'put']);
    expect(value.job.jobId).to.not.equal(jobId);
  });
});

/** A log with an application, whose calls are told in order: the verb and the streams that it is about. */
const start = async () => {
  const world = manualWorld();
  const calls: string[] = [];
  const before = (call: StoreCall): void => {
    if (call.verb === 'append') calls.push(`append ${call.append.events.map(({ type }) => type).join()}`);
    if (call.verb === 'readLast') calls.push(`readLast ${call.streams.join()}`);
    if (call.verb === 'readStream') calls.push(`readStream ${call.stream}`);
  };
  const store = storeOver(memoryLog(world), { before });
  const commands = commandsOver(store, world);
  const { value } = await commands.createApplication(context, { name: 'crm' });
  const { pattern: _, ...input } = jobInput(value.applicationId);
  const create = (name: string, as = context, due: object = { pattern: '0 9 * * *' }) =>
    commands.createJob(as, { ...input, name, ...due });
  const other = commandsOver(store, world);
  return { store, commands, other, applicationId: value.applicationId, create, calls, world };
};

const rejectedAs = (promise: Promise<unknown>): Promise<unknown> => promise.catch((error) => error.code);

describe('create job', () => {
  it('reserves the name, creates the job and activates its definition in this order, and reads only an unknown application before and after', async () => {
    const { commands, store, applicationId, create, calls } = await start();
    await commands.createJob(
      context,
      jobInput((await commands.createApplication(context, { name: 'erp' })).value.applicationId),
    );
    calls.length = 0;
    await create('first');
    const application = `readLast app-${applicationId}`;
    const appends = ['append NameReserved', 'append JobCreated', 'append DefinitionActivated'];
    expect(calls).to.deep.equal([application, ...appends.slice(0, 2), application, ...appends.slice(2)]);
    calls.length = 0;
    const { position, revision } = await create('second');
    expect(calls).to.deep.equal(appends);
    expect({ revision, position }).to.deep.equal({ revision: 0, position: await store.end() });
  });

  it('is complete once the job is there, if its caller does not wait for the read models', async () => {
    const world = manualWorld();
    const held = Promise.withResolvers<void>();
    const before = (call: StoreCall) =>
      call.verb === 'append' && call.append.events[0]?.type === 'DefinitionActivated' ? held.promise : undefined;
    const store = storeOver(memoryLog(world), { before });
    const commands = commandsOver(store, world);
    const { value } = await commands.createApplication(context, { name: 'crm' });
    const created = await commands.createJob({ ...context, isEventual: true }, jobInput(value.applicationId));
    const { jobId } = created.value.job;
    expect(created.position).to.equal((await lastEventOf(store, `job-${jobId}`))?.position);
    held.resolve();
    await commands.triggerJob(context, jobId);
    const types: string[] = [];
    for await (const { type } of store.readStream(`runs-${jobId}`)) types.push(type);
    expect(types).to.deep.equal(['DefinitionActivated', 'ExecutionRequested']);
  });

  it('records the definition as it was given, rules and all', () => {
    const rules = { overlap: 'queue', jitter: '5m', retry: { maxAttempts: 3, backoff: { initial: 500 } } } as const;
    const {
      createdAt: _,
      createdBy: __,
      updatedAt: ___,
      updatedBy: ____,
      scheduleSince: _____,
      ...given
    } = aJob(rules);
    const creating = { ...given, confidential: false, actor: { type: 'user', name: 'ann' } } as const;
    const [created] = decideCreateJob(creating, initialJob, Date.parse(bornAt));
    expect(created?.data).to.deep.equal(aJob(rules));
  });

  describe('in an application that another process has changed since it was known', () => {
    const limited = { pattern: '0 9 * * *', limit: 'crm' };

    it('reads it again before the job is rejected', async () => {
      const { other, applicationId, create } = await start();
      await create('first');
      await other.setLimit(context, applicationId, 'crm', { parallel: 1 });
      expect((await create('second', context, limited)).value.job.limit).to.equal('crm');
    });

    it('is rejected and deletes the job if it uses what is gone', async () => {
      const { commands, other, store, applicationId, create } = await start();
      await commands.setLimit(context, applicationId, 'crm', { parallel: 1 });
      const first = await create('first', context, limited);
      await commands.deleteJob(context, first.value.job.jobId, {});
      await other.deleteLimit(context, applicationId, 'crm');
      expect(await rejectedAs(create('second', context, limited))).to.equal('UNKNOWN_LIMIT');
      expect((await lastEventOf(store, `job-${first.value.job.jobId + 1}`))?.type).to.equal('JobDeleted');
      expect((await create('second')).value.job.name).to.equal('second');
    });

    it('reads it first if the request can be repeated, and records nothing if it uses what is gone', async () => {
      const { commands, other, store, applicationId, create } = await start();
      await commands.setLimit(context, applicationId, 'crm', { parallel: 1 });
      const first = await create('first', context, limited);
      await commands.deleteJob(context, first.value.job.jobId, {});
      await other.deleteLimit(context, applicationId, 'crm');
      const end = await store.end();
      const own = { plan: async () => {}, lost: () => {} };
      expect(await rejectedAs(create('second', { ...context, own }, limited))).to.equal('UNKNOWN_LIMIT');
      expect(await store.end()).to.equal(end);
    });

    it('is rejected if it was deleted', async () => {
      const { commands, other, applicationId, create } = await start();
      const { value } = await create('first');
      await commands.deleteJob(context, value.job.jobId, {});
      await other.deleteApplication(context, applicationId, {});
      expect(await rejectedAs(create('second'))).to.equal('UNKNOWN_APPLICATION');
    });

    it('shows its new name', async () => {
      const { other, applicationId, create } = await start();
      await create('first');
      await other.updateApplication(context, applicationId, { name: 'erp' });
      expect((await create('second')).value.application.name).to.equal('erp');
    });
  });

  it('records nothing of a job whose name is taken', async () => {
    const { create, calls } = await start();
    await create('report');
    calls.length = 0;
    expect(await rejectedAs(create('report'))).to.equal('NAME_TAKEN');
    expect(calls.filter((call) => /JobCreated|DefinitionActivated/.test(call))).to.deep.equal([]);
  });

  it('accepts a released name', async () => {
    const { commands, create, store } = await start();
    const { value } = await create('report');
    await commands.deleteJob(context, value.job.jobId, {});
    const again = await create('report');
    expect(again.value.job.jobId).not.to.equal(value.job.jobId);
    const runs = await lastEventOf(store, `runs-${again.value.job.jobId}`);
    expect(runs?.type).to.equal('DefinitionActivated');
  });

  it('keeps a schedule as it came, counted from now', async () => {
    const { create, world } = await start();
    const due = { schedule: { every: '2w' } };
    const { value } = await create('report', context, due);
    expect(value.job).to.deep.include({ ...due, scheduleSince: new Date(world.clock.now()).toISOString() });
    expect(value.job).to.not.have.property('pattern');
  });

  it('rejects an instant that has passed, and records nothing of the job', async () => {
    const { create, calls, world } = await start();
    calls.length = 0;
    const at = new Date(world.clock.now()).toISOString();
    expect(await rejectedAs(create('report', context, { schedule: { at } }))).to.equal('BAD_SCHEDULE');
    expect(calls.filter((call) => call.startsWith('append Job'))).to.deep.equal([]);
  });

  it('plans its own append once the name is taken, right before it is made', async () => {
    const { create, calls } = await start();
    await create('first');
    calls.length = 0;
    const plan = async ({ stream, events }: Append): Promise<void> => {
      calls.push(`planned in ${stream}: ${events.map(({ type }) => type).join()}`);
    };
    const { value } = await create('second', { ...context, own: { plan, lost: () => {} } });
    const planned = `planned in job-${value.job.jobId}: JobCreated`;
    expect(calls.filter((call) => !call.startsWith('read'))).to.deep.equal([
      'append NameReserved',
      planned,
      'append JobCreated',
      'append DefinitionActivated',
    ]);
  });
});
