import { expect } from 'chai';
import { compileSchedule, jobSlots } from '../../src/domain/schedule/index.ts';
import { describeOnLogs } from '../support/logs.ts';
import { startTestService, type TestService } from '../support/service.ts';
import { startTarget, type Target } from '../support/target.ts';

type Shown = {
  readonly id: number;
  readonly status: string;
  readonly scheduledAt: string;
  readonly startedAt: string;
  readonly late?: string;
  readonly error?: { readonly code: string };
};

describeOnLogs('the service: what a job says about its runs', (log) => {
  let service: TestService;
  let target: Target;
  let applicationId: number;
  const api = () => service.as();

  before(async () => {
    service = await startTestService(await log.settings());
    applicationId = (await api().post('/applications', { name: 'crm' })).body.id;
  });
  beforeEach(async () => {
    target = await startTarget();
  });
  afterEach(() => target.close());
  after(() => service.stop());

  const create = async (name: string, path: string, rules: object, pattern = '* * * * * *'): Promise<number> => {
    const taskConfig = { url: `${target.origin}${path}`, method: 'GET', timeout: 60_000 };
    const job = { applicationId, name, pattern, taskType: 'HttpInvokerTask', taskConfig, ...rules };
    const created = await api().post('/jobs', job);
    expect(created.status).to.equal(201);
    return created.body.id;
  };
  const executionsOf = async (jobId: number, query = ''): Promise<readonly Shown[]> =>
    (await api().get(`/jobs/${jobId}/executions?limit=500${query}`)).body;
  const cancelAll = async (jobId: number): Promise<void> => {
    await api().post(`/jobs/${jobId}/disable`);
    for (const status of ['running', 'pending']) {
      for (const { id } of await executionsOf(jobId, `&status=${status}`)) await api().post(`/executions/${id}/cancel`);
    }
  };

  it('lets slots be called beside one that is running', async () => {
    const jobId = await create('beside', '/silent', { overlap: 'allow' });
    await target.receivedAll(3);
    const running = await service.eventually(async () => {
      const found = await executionsOf(jobId, '&status=running');
      return found.length >= 3 ? found : undefined;
    });
    expect(new Set(running.map(({ scheduledAt }) => scheduledAt)).size).to.equal(running.length);
    await cancelAll(jobId);
  });

  it('lets one slot wait for one that is running', async () => {
    const jobId = await create('behind', '/silent', { overlap: 'queue' });
    const [waiting] = await service.eventually(async () => {
      const found = await executionsOf(jobId, '&status=pending');
      return found.length > 0 ? found : undefined;
    });
    const [running] = await executionsOf(jobId, '&status=running');
    expect(target.received).to.have.length(1);
    await api().post(`/executions/${running?.id}/cancel`);
    await target.receivedAll(2);
    expect(target.received[1]?.headers['carillon-execution']).to.equal(`${waiting?.id}`);
    await cancelAll(jobId);
  });

  it('lets a slot replace one that is running', async () => {
    const jobId = await create('instead', '/silent', { overlap: 'replace' });
    await target.receivedAll(2);
    const [replaced] = await service.eventually(async () => {
      const found = await executionsOf(jobId, '&status=cancelled');
      return found.length > 0 ? found : undefined;
    });
    expect(replaced?.error?.code).to.equal('REPLACED');
    await cancelAll(jobId);
  });

  it('makes as many runs as it may, and no more', async () => {
    const jobId = await create('twice', '/echo?twice', { maxRuns: 2 });
    const other = await create('witness', '/echo?witness', {});
    await target.receivedAll(7);
    await api().post(`/jobs/${other}/disable`);
    expect(target.received.filter(({ url }) => url.endsWith('twice'))).to.have.length(2);
    expect(await executionsOf(jobId)).to.have.length(2);
  });

  it('calls a slot later by its jitter, which makes it no later than due', async () => {
    const pattern = '*/3 * * * * *';
    const jobId = await create('spread', '/echo', { jitter: '3s' }, pattern);
    await target.receivedAll(2);
    await api().post(`/jobs/${jobId}/disable`);
    const executions = await service.eventually(async () => {
      const found = await executionsOf(jobId, '&status=succeeded');
      return found.length >= 2 ? found : undefined;
    });
    const schedule = compileSchedule({ pattern, timezone: 'UTC' });
    const { dueMs } = jobSlots({ schedule, jobId, jitterMs: 3_000 });
    for (const { scheduledAt, startedAt, late } of executions) {
      const afterDueMs = Date.parse(startedAt) - dueMs(Date.parse(scheduledAt));
      expect(afterDueMs).to.be.at.least(0);
      // A machine may be that slow.
      if (afterDueMs <= 1_000) expect(late).to.equal(undefined);
    }
  });
});
