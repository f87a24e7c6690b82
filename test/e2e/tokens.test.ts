import { inspect } from 'node:util';
import { expect } from 'chai';
import { hashOfSecret } from '../../src/domain/token.ts';
import { type AService, aService } from '../support/a-service/a-service.ts';
import { apiClient } from '../support/api.ts';
import { databaseTexts } from '../support/database-text.ts';
import { describeOnLogs } from '../support/logs.ts';
import { openSse } from '../support/sse-client.ts';

describeOnLogs('the service: API tokens', (log) => {
  let service: AService;
  before(async () => {
    service = await aService().onLog(log).start();
  });
  after(() => service.stop());

  const admin = (tenant: string) => service.as({ tenant, permissions: ['scheduler:tenant:admin'] });
  const create = async (tenant: string, requested: object = {}) => {
    const permissions = ['scheduler:jobs:read', 'scheduler:jobs:write'];
    const created = await admin(tenant).post('/tokens', { name: 'deploy', permissions, ...requested });
    expect([created.status, created.body.detail]).to.deep.equal([201, undefined]);
    return created.body;
  };
  /** The code that the token is rejected with after this time. */
  const rejectionAfter = async (passed: string, token: string): Promise<string | undefined> => {
    await service.advance(passed);
    return (await apiClient(service.url, token).get('/jobs')).body.code;
  };

  it('act in their tenant under their own name', async () => {
    const { token } = await create('acme');
    const api = apiClient(service.url, token);
    const made = await api.post('/applications', { name: 'of a token' });
    expect([made.status, made.body.createdBy]).to.deep.equal([201, 'token:deploy']);
    expect((await api.get('/applications')).body.map(({ name }: { name: string }) => name)).to.include('of a token');
    expect((await admin('globex').get('/applications')).body).to.deep.equal([]);
    expect((await api.get('/executions')).status).to.equal(403);
    expect((await api.get('/tokens')).status).to.equal(403);
    expect((await api.get('/applications?tenant=globex')).status).to.equal(403);
  });
  it('are listed without their secret', async () => {
    const { token, ...shown } = await create('listed', { expiresAt: '2099-01-01T00:00:00Z' });
    expect((await admin('listed').get('/tokens')).body).to.deep.equal([shown]);
    expect((await admin('listed').get(`/tokens/${shown.id}`)).body).to.deep.equal(shown);
    const all = await service.as().get('/tokens?tenant=*');
    expect(all.body, 'of a tenant without applications too').to.deep.include(shown);
  });
  it('are rejected one second after they are revoked, and stay listed', async () => {
    const { token, id } = await create('acme');
    expect((await apiClient(service.url, token).get('/jobs')).status).to.equal(200);
    expect((await admin('acme').delete(`/tokens/${id}`)).status).to.equal(204);
    expect(await rejectionAfter('1s', token)).to.equal('TOKEN_REJECTED');
    const { body } = await admin('acme').get(`/tokens/${id}`);
    expect(body.revokedBy).to.equal('ann');
    expect((await admin('acme').delete(`/tokens/${id}`)).status, 'again').to.equal(204);
  });
  it('read and change only resources of their applications', async () => {
    const ids: number[] = [];
    for (const name of ['bound', 'beside']) {
      const { body: application } = await admin('bound').post('/applications', { name });
      const job = { applicationId: application.id, name, pattern: '0 2 * * *', taskType: 'HttpInvokerTask' };
      const taskConfig = { url: `${service.url}/healthz`, method: 'GET' };
      const { body } = await admin('bound').post('/jobs', { ...job, taskConfig });
      await admin('bound').post(`/jobs/${body.id}/trigger`);
      ids.push(application.id, body.id);
    }
    const [own, ownJob, applicationOfOther, otherJob] = ids;
    const permissions = ['scheduler:jobs:read', 'scheduler:jobs:write', 'scheduler:executions:read'];
    const { token, applications } = await create('bound', { permissions, applications: ['bound'] });
    expect(applications).to.deep.equal([own]);
    const api = apiClient(service.url, token);
    const listed = async (path: string) => (await api.get(path)).body;
    expect((await listed('/applications')).map(({ id }: { id: number }) => id)).to.deep.equal([own]);
    expect((await listed('/jobs')).map(({ id }: { id: number }) => id)).to.deep.equal([ownJob]);
    expect((await listed('/executions')).map(({ jobId }: { jobId: number }) => jobId)).to.deep.equal([ownJob]);
    expect(await listed(`/jobs?application=beside`)).to.deep.equal([]);
    const [execution] = await listed(`/jobs/${ownJob}/executions`);
    for (const path of [`/applications/${own}/secrets`, `/jobs/${ownJob}`, `/executions/${execution.id}`]) {
      expect((await api.get(path)).status, path).to.equal(200);
    }
    const previewOf = async (requested: object) =>
      (await api.post('/preview', { pattern: '0 2 * * *', ...requested })).body;
    expect((await previewOf({ applicationId: applicationOfOther })).code).to.equal('UNKNOWN_APPLICATION');
    expect((await previewOf({ id: otherJob })).code).to.equal('JOB_NOT_FOUND');
    expect((await api.put(`/applications/${own}/variables/STAGE`, { value: 'test' })).status).to.equal(200);
    expect((await api.put(`/jobs/${ownJob}`, { description: 'own' })).status).to.equal(200);
    await admin('bound').delete(`/jobs/${otherJob}`);
    expect((await api.get(`/jobs/${otherJob}/executions`)).body.code, 'deleted').to.equal('JOB_NOT_FOUND');
  });
  it('follow and change in bulk only jobs of their applications', async () => {
    const made: { application: number; job: number }[] = [];
    for (const name of ['bulk', 'beside-bulk']) {
      const { body: application } = await admin('bulk').post('/applications', { name });
      const taskConfig = { url: `${service.url}/healthz`, method: 'GET' };
      const { body: job } = await admin('bulk').post('/jobs', {
        ...{ applicationId: application.id, name, pattern: '* * * * *', taskType: 'HttpInvokerTask', taskConfig },
      });
      made.push({ application: application.id, job: job.id });
    }
    const [own, other] = made;
    const permissions = ['scheduler:jobs:read', 'scheduler:jobs:write', 'scheduler:executions:read'];
    const { token } = await create('bulk', { permissions, applications: [own?.application] });
    const api = apiClient(service.url, token);
    const events = await openSse(`${service.url}/_/scheduler/events`, { Authorization: `Bearer ${token}` });
    const dry = await api.post('/jobs/bulk', { action: 'disable', filter: { all: true }, dryRun: true });
    expect(dry.body).to.deep.equal({ count: 1 });
    await admin('bulk').post('/jobs/bulk', { action: 'enable', filter: { name: 'beside' } });
    const { body: requested } = await api.post('/jobs/bulk', { action: 'disable', filter: { all: true } });
    const ended = await service.eventually(async () => {
      const { body } = await api.get(`/operations/${requested.id}`);
      return body.status === 'completed' ? body : undefined;
    });
    expect(ended).to.deep.include({ applications: [own?.application], total: 1, done: 1 });
    const enabledOf = async (jobId: number | undefined) => (await admin('bulk').get(`/jobs/${jobId}`)).body.enabled;
    expect([await enabledOf(own?.job), await enabledOf(other?.job)]).to.deep.equal([false, true]);
    expect((await api.get('/operations')).body.map(({ id }: { id: number }) => id)).to.deep.equal([requested.id]);
    await admin('bulk').post(`/jobs/${own?.job}/enable`);
    await admin('bulk').post(`/jobs/${other?.job}/disable`);
    await admin('bulk').put(`/jobs/${own?.job}`, { description: 'the last one' });
    const seen = await events.until(({ data }) => JSON.stringify(data).includes('the last one'));
    events.close();
    expect(new Set(seen.map(({ data }) => data.data.applicationId))).to.deep.equal(new Set([own?.application]));
  });
  it('cannot be limited to an application of another tenant', async () => {
    const { body: application } = await admin('acme').post('/applications', { name: 'foreign' });
    const requested = { name: 'x', permissions: ['scheduler:jobs:read'], applications: [application.id] };
    const { status, body } = await admin('globex').post('/tokens', requested);
    expect([status, body.code]).to.deep.equal([422, 'UNKNOWN_APPLICATION']);
  });
  it('leave no secret in the log, a table or a log line', async () => {
    const { token, id } = await create('acme');
    await apiClient(service.url, token).post('/applications', { name: 'looked for' });
    await admin('acme').delete(`/tokens/${id}`);
    const [, secret = ''] = /^car_\d+_(.+)$/.exec(token) ?? [];
    const recorded = [...(await databaseTexts(service.databaseUrl)).map(({ text }) => text), ...log.texts()];
    const lines = service.lines.map((line) => inspect(line, { depth: 10, maxStringLength: null }));
    expect([...recorded, ...lines].filter((text) => text.includes(secret))).to.deep.equal([]);
    expect(recorded.filter((text) => text.includes(hashOfSecret(secret)))).to.have.length.above(0);
  });
  it('grant nothing through the cookie of an ended session, or a copy of it', async () => {
    const session = `${service.url}/_/scheduler/session`;
    const signIn = async (token: string) => {
      const headers = { Authorization: `Bearer ${token}` };
      const { headers: responded } = await fetch(session, { method: 'POST', headers });
      return { Cookie: responded.getSetCookie()[0]?.split(';', 1)[0] ?? '' };
    };
    const jobsBy = async (headers: Record<string, string>) =>
      (await fetch(`${service.url}/_/scheduler/jobs`, { headers })).status;
    const eve = { sub: 'idp|eve', preferred_username: 'eve', tenant: 'acme', permissions: ['scheduler:jobs:read'] };
    const { token } = await create('acme');
    for (const each of [token, service.token(eve)]) {
      const copy = await signIn(each);
      expect(await jobsBy(copy)).to.equal(200);
      await fetch(session, { method: 'DELETE', headers: { ...copy, 'Sec-Fetch-Site': 'same-origin' } });
      expect(await jobsBy(copy)).to.equal(401);
      expect(await jobsBy({ Authorization: `Bearer ${each}` })).to.equal(200);
    }
    const copy = await signIn(service.token(eve));
    expect((await service.as(eve).delete('/users/idp%7Ceve/sessions')).status).to.equal(403);
    expect((await admin('globex').delete('/users/idp%7Ceve/sessions')).status).to.equal(204);
    expect((await admin('acme').delete('/users/idp%7Ceve/sessions')).status).to.equal(204);
    await service.advance('1s');
    expect(await jobsBy(copy)).to.equal(401);
    expect(await jobsBy(await signIn(service.token(eve)))).to.equal(200);
    const auditor = service.as({ tenant: 'acme', permissions: ['scheduler:audit:read'] });
    const { body } = await auditor.get('/audit?action=endSessions&outcome=done');
    expect(body.map(({ of }: { of: unknown }) => of)).to.deep.equal([{ kind: 'session', name: 'idp|eve' }]);
  });
});
