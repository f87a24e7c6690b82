import { expect } from 'chai';
import { loadJob } from '../../../../src/commands/loop/load.ts';
import { jobStream } from '../../../../src/domain/streams.ts';
import type { StoreCall } from '../../../support/memory-store.ts';
import { aContext, createProcesses, jobAsked } from '../../../support/processes.ts';

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
