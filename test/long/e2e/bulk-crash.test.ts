import { rm } from 'node:fs/promises';
import { expect } from 'chai';
import { type Api, apiClient } from '../../support/api.ts';
import { type ChildService, startChildService } from '../../support/child-service.ts';
import { serviceSettings, startTestService, type TestService, tokenOf } from '../../support/service.ts';
import { eventsOf } from '../../support/service-log.ts';
import { startTarget, type Target } from '../../support/target.ts';
import { passableTempDir } from '../../support/temp-dir.ts';

const JOBS = 80;

describe('what another process continues with, if one is killed', () => {
  let projections: TestService;
  let target: Target;
  const dirs: string[] = [];
  const children: ChildService[] = [];

  const startChild = async (): Promise<{ child: ChildService; api: Api }> => {
    const dir = await passableTempDir('carillon-bulk-');
    dirs.push(dir);
    const settings = { ...serviceSettings, DATABASE_URL: projections.databaseUrl, LOG_LEVEL: 'warn' };
    const child = await startChildService(dir, settings, ['api', 'engine']);
    children.push(child);
    return { child, api: apiClient(child.url, tokenOf()) };
  };

  before(async () => {
    projections = await startTestService({}, ['projections']);
    target = await startTarget();
  });
  after(async () => {
    await projections.stop();
    await target.close();
    await Promise.all(dirs.map((dir) => rm(dir, { recursive: true, force: true })));
  });

  afterEach(() => Promise.all(children.splice(0).map((child) => child.end('SIGTERM'))));

  it('is a bulk operation: nothing is repeated', async () => {
    const first = await startChild();
    const { body: application } = await first.api.post('/applications', { name: 'many' });
    for (let each = 0; each < JOBS; each++) {
      await first.api.post('/jobs?consistency=eventual', {
        applicationId: application.id,
        name: `job-${each}`,
        pattern: '0 0 1 1 *',
        taskType: 'HttpInvokerTask',
        taskConfig: { url: `${target.origin}/ok`, method: 'GET' },
      });
    }
    const correlationId = 'a-bulk-that-is-struck';
    const bulk = { action: 'trigger', filter: { applicationId: application.id }, spread: '8s' };
    const { status, body } = await first.api.post('/jobs/bulk', bulk, { 'X-Request-Id': correlationId });
    expect([status, body.correlationId]).to.deep.equal([202, correlationId]);
    await projections.eventually(async () => {
      const { body: shown } = await first.api.get(`/operations/${body.id}`);
      return shown.done > 0 ? shown : undefined;
    });
    await first.child.end('SIGKILL');

    const second = await startChild();
    const { body: halfway } = await second.api.get(`/operations/${body.id}`);
    expect(halfway.done).to.be.below(JOBS);
    const operation = await projections.eventually(async () => {
      const { body: shown } = await second.api.get(`/operations/${body.id}`);
      return shown.endedAt === undefined ? undefined : shown;
    });
    expect(operation).to.deep.include({ status: 'completed', total: JOBS, done: JOBS, rejected: {} });

    await projections.eventually(async () => {
      const { executions } = (await second.api.get('/stats')).body;
      return executions.pending + executions.running === 0 ? executions : undefined;
    });
    const requested = (await eventsOf(projections.log)).filter(({ type }) => type === 'ExecutionRequested');
    const jobs = requested.map(({ data }) => 'jobId' in data && data.jobId);
    expect([jobs.length, new Set(jobs).size]).to.deep.equal([JOBS, JOBS]);
    expect(new Set(requested.map(({ metadata }) => metadata.correlationId))).to.deep.equal(new Set([correlationId]));
  });

  it('is the erasure of a tenant: nothing of it is left, and nothing of another one is touched', async () => {
    const first = await startChild();
    const as = (url: string, tenant: string) => apiClient(url, tokenOf({ tenant, permissions: ['scheduler:admin'] }));
    const leaving = as(first.child.url, 'leaving');
    const applications = new Map<string, number>();
    for (const tenant of ['leaving', 'staying']) {
      const api = as(first.child.url, tenant);
      const { body: application } = await api.post('/applications', { name: 'mine' });
      applications.set(tenant, application.id);
      await api.put(`/applications/${application.id}/secrets/KEY`, { value: 'hush-hush' });
      await api.put('/calendars/holidays', { dates: ['2030-12-25'] });
      await api.post('/pauses', { scope: 'target', of: 'nobody.example' });
      const signing = { value: `whsec_${Buffer.alloc(32).toString('base64')}`, signing: true };
      await api.put(`/applications/${application.id}/secrets/SIGNS`, signing);
      const rule = await api.put('/alert-rules/slow', {
        scope: 'tenant',
        condition: { kind: 'running', over: '1h' },
        receivers: [{ type: 'webhook', url: `${target.origin}/echo`, signedBy: application.id }],
      });
      expect([rule.status, rule.body.detail]).to.deep.equal([200, undefined]);
      const job = {
        applicationId: application.id,
        taskType: 'HttpInvokerTask',
        taskConfig: { url: `${target.origin}/echo?of=${tenant}`, method: 'GET', headers: { Key: '${secret:KEY}' } },
      };
      const { status } = await api.post('/jobs', { ...job, name: 'each second', pattern: '* * * * * *' });
      expect(status).to.equal(201);
      const silent = { ...job, name: 'silent', pattern: '0 0 1 1 *', calendar: { exclude: ['holidays'] } };
      const url = `${target.origin}/silent`;
      const made = await api.post('/jobs', { ...silent, taskConfig: { url, method: 'GET' } });
      expect([made.status, made.body.detail]).to.deep.equal([201, undefined]);
      if (tenant === 'leaving') await api.post(`/jobs/${made.body.id}/trigger`);
    }
    const { body: token } = await leaving.post('/tokens', { name: 'deploy', permissions: ['scheduler:jobs:read'] });
    const applicationId = applications.get('leaving');
    for (let each = 0; each < JOBS; each++) {
      const job = { applicationId, name: `job-${each}`, pattern: '0 0 1 1 *', taskType: 'HttpInvokerTask' };
      await leaving.post('/jobs?consistency=eventual', {
        ...job,
        taskConfig: { url: `${target.origin}/ok`, method: 'GET' },
      });
    }

    const unconfirmed = await first.api.delete('/tenants/leaving?confirm=staying');
    expect([unconfirmed.status, unconfirmed.body.errors[0].pointer]).to.deep.equal([422, '/confirm']);
    expect((await leaving.delete('/tenants/leaving?confirm=leaving')).body.code).to.equal('OWN_TENANT');
    const requested = await first.api.delete('/tenants/leaving?confirm=leaving', { 'Carillon-Reason': 'They%20left' });
    expect([requested.status, requested.body.status, requested.body.reason]).to.deep.equal([
      202,
      'running',
      'They left',
    ]);
    await projections.eventually(async () => {
      const { erasure } = (await first.api.get('/tenants/leaving')).body;
      return erasure.counts.deleteJob > 0 ? erasure : undefined;
    });
    await first.child.end('SIGKILL');

    const second = await startChild();
    expect((await second.api.get('/tenants/leaving')).body.erasure.status).to.equal('running');
    const rejected = await as(second.child.url, 'leaving').post('/applications', { name: 'again' });
    expect([rejected.status, rejected.body.code]).to.deep.equal([409, 'TENANT_ERASED']);
    const erased = await projections.eventually(async () => {
      const { body } = await second.api.get('/tenants/leaving');
      return body.erasure.status === 'ended' ? body : undefined;
    });
    expect(erased).to.deep.include({ applications: 0, jobs: 0, tokens: 0 });
    const ended = { deleteApplication: 1, deleteCalendar: 1, liftPause: 1, deleteAlertRule: 1, revokeToken: 1 };
    expect(erased.erasure.counts).to.deep.include({ deleteJob: JOBS + 2, ...ended });
    const stored = await eventsOf(projections.log);
    const keys = new Set(stored.map(({ stream }) => stream).filter((stream) => stream.startsWith('keys-')));
    expect([...keys]).to.deep.equal([`keys-${applications.get('staying')}-1`]);
    expect((await apiClient(second.child.url, token.token).get('/jobs')).status).to.equal(401);
    const gone = as(second.child.url, 'leaving');
    for (const list of ['/applications', '/jobs', '/calendars', '/pauses', '/alert-rules']) {
      expect((await gone.get(list)).body, list).to.deep.equal([]);
    }

    const callsOf = (tenant: string) => target.received.filter(({ url }) => url.endsWith(`of=${tenant}`)).length;
    const [calledBefore, staying] = [callsOf('leaving'), as(second.child.url, 'staying')];
    expect(calledBefore).to.be.above(0);
    for (const list of ['/applications', '/calendars', '/pauses', '/alert-rules']) {
      expect((await staying.get(list)).body, list).to.have.length(1);
    }
    expect((await staying.get('/jobs')).body).to.have.length(2);
    await target.receivedAll(target.received.length + 3);
    expect(callsOf('leaving'), 'only the other tenant is called').to.equal(calledBefore);
    expect((await staying.post('/applications', { name: 'one more' })).status).to.equal(201);
  });
});
