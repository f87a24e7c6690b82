import { expect } from 'chai';
import { type AService, aService } from '../support/a-service/a-service.ts';
import type { Api } from '../support/api.ts';
import { describeOnLogs } from '../support/logs.ts';

describeOnLogs('a job that is addressed by its name', (log) => {
  let service: AService;
  let api: Api;
  const AT = '/applications/crm/jobs/nightly-sync';
  const job = (other: object = {}) => ({
    pattern: '0 2 * * *',
    timezone: 'Europe/Berlin',
    taskType: 'HttpInvokerTask',
    taskConfig: { url: `${service.target.origin}/sync`, method: 'POST' },
    ...other,
  });
  const historyOf = async (at = AT) => (await api.get(`${at}/history`)).body;
  const told = ({ status, body }: { status: number; body: { code?: string; errors?: { pointer: string }[] } }) => [
    status,
    body.code,
    ...(body.errors ?? []).map(({ pointer }) => pointer),
  ];

  before(async () => {
    service = await aService().onLog(log).withApplication('crm').withApplication('erp').start();
    api = service.as();
  });
  after(() => service.stop());

  it('is created by a PUT, replaced by the next one, and left alone by an equal one', async () => {
    const created = await api.put(AT, job({ description: 'Fetches orders', labels: { team: 'blue' } }));
    expect([created.status, created.body.name]).to.deep.equal([201, 'nightly-sync']);
    expect(created.headers.get('location')).to.equal(`/_/scheduler/jobs/${created.body.id}`);
    const replaced = await api.put(AT, job({ labels: { team: 'red' } }));
    expect([replaced.status, replaced.body.labels, replaced.body.description]).to.deep.equal([
      200,
      { team: 'red' },
      undefined,
    ]);
    const again = await api.put(AT, job({ labels: { team: 'red' } }));
    expect([again.status, again.headers.get('etag')]).to.deep.equal([200, replaced.headers.get('etag')]);
    expect(await historyOf()).to.have.length(2);
  });

  it('accepts the body of GET, and stays disabled if `enabled` is omitted', async () => {
    await api.post(`${AT}/disable`);
    const { body } = await api.get(AT);
    const before = await historyOf();
    expect((await api.put(AT, body)).status).to.equal(200);
    expect((await api.put(AT, job({ labels: { team: 'red' } }))).body.enabled).to.equal(false);
    expect(await historyOf()).to.deep.equal(before);
    expect((await api.post(`${AT}/enable`)).body.enabled).to.equal(true);
  });

  it('changes some fields by a PATCH, and is only made, or only changed, under a condition', async () => {
    const patched = await api.patch(AT, { description: 'Fetches orders' });
    expect([patched.status, patched.body.labels]).to.deep.equal([200, { team: 'red' }]);
    const isNew = { 'If-None-Match': '*' };
    expect(told(await api.put(AT, job(), isNew))).to.deep.equal([412, 'STALE_REVISION']);
    expect(told(await api.put(AT, job(), { 'If-Match': '"0"' }))).to.deep.equal([412, 'STALE_REVISION']);
    const absent = '/applications/crm/jobs/absent';
    expect(told(await api.put(absent, job(), { 'If-Match': '"0"' }))).to.deep.equal([412, 'STALE_REVISION']);
    expect((await api.put('/applications/crm/jobs/made-once', job(), isNew)).status).to.equal(201);
  });

  it('is what an id is in paths, queries and bodies', async () => {
    const { body } = await api.get(AT);
    const { id: applicationId } = body.application;
    for (const at of ['/jobs/crm%2Fnightly-sync', `/applications/${applicationId}/jobs/nightly-sync`]) {
      expect((await api.get(at)).body, at).to.deep.equal(body);
    }
    const { body: execution } = await api.post(`${AT}/trigger`);
    await service.advance('1s');
    const { body: executions } = await api.get('/executions?jobId=crm%2Fnightly-sync');
    expect(executions.map(({ id }: { id: number }) => id)).to.deep.equal([execution.id]);
    expect((await api.get('/jobs?applicationId=erp')).body).to.deep.equal([]);
    expect((await api.get('/applications/erp')).body.name).to.equal('erp');
    const made = await api.post('/jobs', job({ applicationId: 'erp', name: 'nightly-sync' }));
    expect([made.status, made.body.application.name]).to.deep.equal([201, 'erp']);
    const paused = await api.post('/pauses', { scope: 'application', of: 'erp', reason: 'Moving' });
    expect([paused.status, paused.body.of]).to.deep.equal([201, service.applicationId('erp')]);
    const signing = { value: `whsec_${Buffer.alloc(32).toString('base64')}`, signing: true };
    expect((await api.put('/applications/crm/secrets/SIGNS', signing)).status).to.equal(200);
    const set = await api.put('/alert-rules/nightly', {
      ...{ scope: 'job', of: 'crm/nightly-sync', condition: { kind: 'failures', count: 3 } },
      receivers: [{ type: 'webhook', url: service.target.origin, signedBy: applicationId }],
    });
    expect([set.status, set.body.of]).to.deep.equal([200, body.id]);
    const dry = { action: 'disable', filter: { applicationId: 'crm' }, dryRun: true };
    expect((await api.post('/jobs/bulk', dry)).body).to.deep.equal({ count: 2 });
  });

  it('is rejected if nothing has the name, which states where', async () => {
    expect(told(await api.get('/applications/crm/jobs/nobody'))).to.deep.equal([404, 'JOB_NOT_FOUND']);
    expect(told(await api.get('/applications/nobody/jobs/nightly-sync'))).to.deep.equal([404, 'JOB_NOT_FOUND']);
    expect(told(await api.put('/applications/nobody/jobs/x', job()))).to.deep.equal([404, 'APPLICATION_NOT_FOUND']);
    expect(told(await api.get('/jobs/nightly-sync'))).to.deep.equal([400, 'BAD_ID', '/id']);
    expect(told(await api.get('/executions?jobId=crm%2Fnobody'))).to.deep.equal([404, 'JOB_NOT_FOUND', '/jobId']);
    const unknown = await api.post('/jobs', job({ applicationId: 'nobody', name: 'x' }));
    expect(told(unknown)).to.deep.equal([422, 'UNKNOWN_APPLICATION', '/applicationId']);
    expect(told(await api.put(AT, job({ name: 'other' })))).to.deep.equal([400, 'BAD_INPUT', '/name']);
  });

  it('keeps its history under a new name, and is not found by the old one', async () => {
    const { body: before } = await api.get(AT);
    expect((await api.patch(AT, { name: 'hourly-sync' })).body.name).to.equal('hourly-sync');
    expect((await api.get(AT)).status).to.equal(404);
    const renamed = '/applications/crm/jobs/hourly-sync';
    expect((await api.get(renamed)).body.id).to.equal(before.id);
    expect((await historyOf(renamed)).at(-1).action).to.equal(
      (await api.get(`/jobs/${before.id}/history`)).body.at(-1).action,
    );
    expect((await api.put(AT, job())).status).to.equal(201);
  });

  it('is made once by requests that come at the same time', async () => {
    const at = '/applications/crm/jobs/at-once';
    const responses = await Promise.all(Array.from({ length: 6 }, () => api.put(at, job())));
    expect(responses.map(({ status }) => status).toSorted()).to.deep.equal([200, 200, 200, 200, 200, 201]);
    expect(await historyOf(at)).to.have.length(1);
  });
});
