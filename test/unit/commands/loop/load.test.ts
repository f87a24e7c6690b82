import { expect } from 'chai';
import type { Commands } from '../../../../src/commands/index.ts';
import { asAnn, commandsOver, inMemory, jobInput } from '../../../support/engines.ts';
import { spoil } from '../../../support/spoiled.ts';

/** Two applications with a job each, of which one can't be read any more in this stream. */
const given = async (family: 'job' | 'runs' | 'app' | 'jobname') => {
  const { world, store, log, commands: before } = inMemory();
  const [bad, good] = [
    (await before.createApplication(asAnn, { name: 'bad' })).value.applicationId,
    (await before.createApplication(asAnn, { name: 'good' })).value.applicationId,
  ];
  const createBy = async (of: Commands, applicationId: number, name: string) =>
    (await of.createJob(asAnn, jobInput(applicationId, { name }))).value.job.jobId;
  const [badJob, goodJob] = [await createBy(before, bad, 'a'), await createBy(before, good, 'a')];
  const nameStream = log.page({ after: '' }).events.find(({ stream }) => stream.startsWith('jobname-'))?.stream;
  spoil(log, family === 'jobname' ? (nameStream ?? '') : `${family}-${family === 'app' ? bad : badJob}`);
  // Another process, which has none of them in memory.
  const commands = commandsOver(store, world);
  const create = (applicationId: number, name: string) => createBy(commands, applicationId, name);
  /** The code that it is rejected with; fails where it is not, or where it has recorded something. */
  const rejected = async (command: Promise<unknown>): Promise<unknown> => {
    const end = log.end();
    const response = await command.catch((error: unknown) => error);
    const ids = log.page({ after: end ?? '' }).events.filter(({ stream }) => !stream.startsWith('ids-'));
    expect(ids.map(({ stream, type }) => `${type} in ${stream}`)).to.deep.equal([]);
    return response instanceof Error && 'code' in response ? response.code : response;
  };
  return { commands, bad, badJob, good, goodJob, create, rejected };
};

describe('commands on what is parked', () => {
  for (const family of ['job', 'runs', 'app'] as const) {
    it(`are rejected and record nothing, if it is the ${family}`, async () => {
      const { commands, badJob, rejected } = await given(family);
      const elsewhere = { ...asAnn, tenant: 'globex' };
      if (family !== 'job') expect(await rejected(commands.deleteJob(elsewhere, badJob, {}))).to.equal('JOB_NOT_FOUND');
      for (const command of [
        commands.updateJob(asAnn, badJob, { description: 'other' }, {}),
        commands.disableJob(asAnn, badJob, {}),
        commands.deleteJob(asAnn, badJob, {}),
        commands.triggerJob(asAnn, badJob),
      ]) {
        expect(await rejected(command)).to.equal('STREAM_PARKED');
      }
    });
  }

  it('are rejected, if it is the application, for its variables and new jobs too', async () => {
    const { commands, bad, rejected, create } = await given('app');
    expect(await rejected(commands.setVariable(asAnn, bad, 'HOST', { value: 'example.com' }))).to.equal(
      'STREAM_PARKED',
    );
    expect(await rejected(commands.updateApplication(asAnn, bad, { displayName: 'B' }))).to.equal('STREAM_PARKED');
    expect(await rejected(create(bad, 'b'))).to.equal('STREAM_PARKED');
    expect(
      (await commands.rotateSecrets()).failed.map(({ applicationId, code }) => [applicationId, code]),
    ).to.deep.equal([[bad, 'STREAM_PARKED']]);
  });

  it('are rejected, if it is a name, for that name alone', async () => {
    const { bad, rejected, create } = await given('jobname');
    expect(await rejected(create(bad, 'a'))).to.equal('STREAM_PARKED');
    expect(await create(bad, 'b')).to.be.a('number');
  });

  it('continue for everything else', async () => {
    const { commands, good, goodJob, create } = await given('app');
    expect((await commands.updateJob(asAnn, goodJob, { name: 'c' }, {})).value.job.name).to.equal('c');
    expect((await commands.triggerJob(asAnn, goodJob)).value.execution.state).to.equal('pending');
    expect(await create(good, 'a')).to.be.a('number');
  });
});
