import { expect } from 'chai';
import { DomainError } from '../../../../src/domain/domain-error.ts';
import { checkNames } from '../../../simulation/books/names.ts';
import type { StoreCall } from '../../../support/memory-store.ts';
import { aContext, createProcesses, jobAsked, type Process } from '../../../support/processes.ts';
import { settle } from '../../../support/world.ts';

const context = aContext();
const MINUTE_MS = 60_000;

/** What becomes of a command: what it gives, or the code of its rejection. */
const outcomeOf = <T>(command: Promise<T>): Promise<T | string> =>
  command.catch((error: unknown) => {
    if (error instanceof DomainError) return error.code;
    throw error;
  });

const appends = (call: StoreCall, type: string): boolean =>
  call.verb === 'append' && call.append.events.some((event) => event.type === type);

/** Never settles: the process died at this call. */
const died = (): Promise<void> => new Promise(() => {});

const start = async () => {
  const processes = createProcesses();
  const one = processes.start();
  const { value: application } = await one.commands.createApplication(context, { name: 'crm' });
  const { applicationId } = application;
  const { value } = await one.commands.createJob(context, jobAsked(applicationId, 'A'));
  const create = ({ commands }: Process, name: string) =>
    outcomeOf(commands.createJob(context, jobAsked(applicationId, name)));
  const rename = ({ commands }: Process, name: string) =>
    outcomeOf(commands.updateJob(context, value.job.jobId, { name }, {}));
  const holds = () => expect(checkNames({ events: processes.recorded() })).to.deep.equal([]);
  return { processes, one, applicationId, create, rename, holds };
};

describe('names of jobs', () => {
  it('are kept by a job that is renamed and back again immediately', async () => {
    const { one, create, rename, holds } = await start();
    await Promise.all([rename(one, 'B'), rename(one, 'A')]);
    expect(await create(one, 'A')).to.equal('NAME_TAKEN');
    expect(await create(one, 'B')).to.have.nested.property('value.job.name', 'B');
    holds();
  });

  it('are kept by it however two processes meet', async () => {
    for (let turns = 0; turns < 40; turns++) {
      const { processes, one, create, rename, holds } = await start();
      const renaming = rename(one, 'B');
      for (let turn = 0; turn < turns; turn++) await Promise.resolve();
      await Promise.all([renaming, rename(processes.start(), 'A')]);
      await create(one, 'A');
      await create(one, 'B');
      holds();
    }
  });

  it('are not lost to another that forfeits an old reservation while the job takes its name back', async () => {
    const { processes, one, create, rename, holds } = await start();
    const dying = processes.start({
      before: (call) => (appends(call, 'NameReleased') ? died() : undefined),
    });
    void rename(dying, 'B');
    await settle();
    await processes.world.advance(MINUTE_MS);
    let goOn = () => {};
    const held = new Promise<void>((resolve) => {
      goOn = resolve;
    });
    const slow = processes.start({
      before: (call) =>
        appends(call, 'NameReserved') && call.verb === 'append' && call.append.expectedRevision >= 0 ? held : undefined,
    });
    const creating = create(slow, 'A');
    await settle();
    expect(await rename(one, 'A')).to.have.nested.property('value.job.name', 'A');
    goOn();
    expect(await creating).to.equal('NAME_TAKEN');
    holds();
  });

  it('that a renaming process left reserved when it died are free after a while', async () => {
    const { processes, one, create, rename, holds } = await start();
    const dying = processes.start({ before: (call) => (appends(call, 'JobUpdated') ? died() : undefined) });
    void rename(dying, 'B');
    await settle();
    expect(await create(one, 'B')).to.equal('NAME_TAKEN');
    await processes.world.advance(MINUTE_MS);
    expect(await create(one, 'B')).to.have.nested.property('value.job.name', 'B');
    expect(await rename(one, 'B')).to.equal('NAME_TAKEN');
    holds();
  });

  it('are free immediately when their job is deleted or has another', async () => {
    const { one, create, rename, holds } = await start();
    await rename(one, 'B');
    const created = await create(one, 'A');
    if (typeof created === 'string') throw new Error(created);
    await one.commands.deleteJob(context, created.value.job.jobId, {});
    expect(await create(one, 'A')).to.have.nested.property('value.job.name', 'A');
    holds();
  });
});

describe('names of applications', () => {
  it('are kept by one that is renamed and back again immediately', async () => {
    const { processes, one, applicationId, holds } = await start();
    const rename = (name: string) => outcomeOf(one.commands.updateApplication(context, applicationId, { name }));
    await Promise.all([rename('erp'), rename('crm')]);
    expect(await outcomeOf(one.commands.createApplication(context, { name: 'crm' }))).to.equal('NAME_TAKEN');
    await processes.start().commands.createApplication(context, { name: 'erp' });
    holds();
  });

  it('are kept by it however two processes meet', async () => {
    for (let turns = 0; turns < 40; turns++) {
      const { processes, one, applicationId, holds } = await start();
      const renaming = outcomeOf(one.commands.updateApplication(context, applicationId, { name: 'erp' }));
      for (let turn = 0; turn < turns; turn++) await Promise.resolve();
      const { commands } = processes.start();
      await Promise.all([renaming, outcomeOf(commands.updateApplication(context, applicationId, { name: 'crm' }))]);
      for (const name of ['crm', 'erp']) await outcomeOf(one.commands.createApplication(context, { name }));
      holds();
    }
  });
});
