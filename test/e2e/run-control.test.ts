import { expect } from 'chai';
import { compileSchedule, jobSlots } from '../../src/domain/schedule/index.ts';
import { type AService, aService } from '../support/a-service/a-service.ts';
import { describeOnLogs } from '../support/logs.ts';

type Shown = {
  readonly id: number;
  readonly status: string;
  readonly scheduledAt: string;
  readonly startedAt: string;
  readonly late?: string;
  readonly error?: { readonly code: string };
};

describeOnLogs('the service: what a job says about its runs', (log) => {
  let service: AService;
  const api = () => service.as();

  before(async () => {
    service = await aService().onLog(log).withApplication('crm').start();
  });
  beforeEach(() => service.target.forget());
  after(() => service.stop());

  const add = (name: string, path: string, rules: object): Promise<number> =>
    service.addJob({ name, path, pattern: '* * * * * *', taskConfig: { timeout: 60_000 }, ...rules });
  const executionsOf = async (jobId: number, query = ''): Promise<readonly Shown[]> =>
    (await api().get(`/jobs/${jobId}/executions?limit=500${query}`)).body;
  const cancelAll = async (jobId: number): Promise<void> => {
    await api().post(`/jobs/${jobId}/disable`);
    for (const status of ['running', 'pending']) {
      for (const { id } of await executionsOf(jobId, `&status=${status}`)) await api().post(`/executions/${id}/cancel`);
    }
  };

  it('lets one slot wait for one that is running', async () => {
    const jobId = await add('behind', '/silent', { overlap: 'queue' });
    await service.advance('3s');
    const [waiting] = await executionsOf(jobId, '&status=pending');
    const [running] = await executionsOf(jobId, '&status=running');
    expect(service.target.received).to.have.length(1);
    await api().post(`/executions/${running?.id}/cancel`);
    await service.target.receivedAll(2);
    expect(service.target.received[1]?.headers['carillon-execution']).to.equal(`${waiting?.id}`);
    await cancelAll(jobId);
  });

  it('lets a slot replace one that is running', async () => {
    const jobId = await add('instead', '/silent', { overlap: 'replace' });
    await service.advance('2s');
    expect(service.target.received).to.have.length(2);
    const replaced = await executionsOf(jobId, '&status=cancelled');
    expect(replaced.map(({ error }) => error?.code)).to.deep.equal(['REPLACED']);
    await cancelAll(jobId);
  });

  it('calls a slot later by its jitter, which makes it no later than due', async () => {
    const pattern = '*/3 * * * * *';
    const jobId = await add('spread', '/echo', { jitter: '3s', pattern });
    await service.advance('9s');
    await api().post(`/jobs/${jobId}/disable`);
    const executions = await executionsOf(jobId, '&status=succeeded');
    expect(executions.length).to.be.at.least(2);
    const schedule = compileSchedule({ pattern, timezone: 'UTC' });
    const { dueMs } = jobSlots({ schedule, jobId, jitterMs: 3_000 });
    for (const { scheduledAt, startedAt, late } of executions) {
      expect(Date.parse(startedAt)).to.equal(dueMs(Date.parse(scheduledAt)));
      expect(late).to.equal(undefined);
    }
  });
});
