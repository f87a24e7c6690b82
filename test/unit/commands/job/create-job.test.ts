import { expect } from 'chai';
import { decideCreateJob } from '../../../../src/commands/job/create-job.ts';
import { initialJob } from '../../../../src/domain/job/job.ts';
import type { Append } from '../../../../src/event-store/port.ts';
import { lastEventOf } from '../../../../src/event-store/read-log.ts';
import { commandsOver, asAnn as context, jobInput, memoryLog, storeOver } from '../../../support/engines.ts';
import { aJob, bornAt } from '../../../support/jobs.ts';
import type { StoreCall } from '../../../support/memory-store.ts';
import { manualWorld } from '../../../support/world.ts';

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
  return { store, commands, create, calls, world };
};

const rejectedAs = (promise: Promise<unknown>): Promise<unknown> => promise.catch((error) => error.code);

describe('create job', () => {
  it('reserves the name, creates the job and activates its definition in this order, and checks only the application before and after', async () => {
    const { store, create, calls } = await start();
    await create('first');
    calls.length = 0;
    const { position, revision, value } = await create('second');
    const application = `readLast app-${value.application.applicationId}`;
    expect(calls).to.deep.equal([
      application,
      'append NameReserved',
      'append JobCreated',
      application,
      'append DefinitionActivated',
    ]);
    expect({ revision, position }).to.deep.equal({ revision: 0, position: await store.end() });
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
