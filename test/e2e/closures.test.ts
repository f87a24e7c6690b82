import { expect } from 'chai';
import { type AService, aService } from '../support/a-service/a-service.ts';
import { describeOnLogs } from '../support/logs.ts';

describeOnLogs('the service: calendars, limits and pauses', (log) => {
  let service: AService;
  const api = () => service.as();

  before(async () => {
    service = await aService().onLog(log).start();
  });
  after(() => service.stop());

  it('rejects jobs that use a missing calendar or limit, and keeps those that jobs use', async () => {
    const { body: application } = await api().post('/applications', { name: 'named' });
    const limitAt = `/applications/${application.id}/limits/api`;
    const job = {
      applicationId: application.id,
      name: 'nightly',
      pattern: '0 2 * * *',
      calendar: { exclude: ['closed'] },
      limit: 'api',
      taskType: 'HttpInvokerTask',
      taskConfig: { url: `${service.url}/healthz`, method: 'GET' },
    };
    const noLimit = await api().post('/jobs', job);
    expect([noLimit.status, noLimit.body.code, noLimit.body.errors[0].pointer]).to.deep.equal([
      422,
      'UNKNOWN_LIMIT',
      '/limit',
    ]);
    await api().put(limitAt, { parallel: 1 });
    const noCalendar = await api().post('/jobs', job);
    expect([noCalendar.body.code, noCalendar.body.errors[0].pointer]).to.deep.equal([
      'UNKNOWN_CALENDAR',
      '/calendar/exclude/0',
    ]);
    await api().put('/calendars/closed', { dates: ['2026-12-24'] });
    const { body: made } = await api().post('/jobs', job);
    expect(made).to.deep.include({ calendar: job.calendar, limit: 'api' });
    const changed = await api().put(`/jobs/${made.id}`, { calendar: { include: ['never'] } });
    expect([changed.status, changed.body.code]).to.deep.equal([422, 'UNKNOWN_CALENDAR']);

    const calendar = await api().delete('/calendars/closed');
    expect([calendar.status, calendar.body.code]).to.deep.equal([409, 'CALENDAR_IN_USE']);
    expect(calendar.body.detail).to.contain(`${made.id} (nightly)`);
    const limit = await api().delete(limitAt);
    expect([limit.status, limit.body.code]).to.deep.equal([409, 'LIMIT_IN_USE']);
    expect((await api().put(`/jobs/${made.id}`, { calendar: null, limit: null })).status).to.equal(200);
    expect((await api().delete('/calendars/closed')).status).to.equal(204);
    expect((await api().delete(limitAt)).status).to.equal(204);
  });

  it('deletes an application without jobs, with its pauses', async () => {
    const { body: application, headers } = await api().post('/applications', { name: 'leaving' });
    const at = `/applications/${application.id}`;
    const job = {
      applicationId: application.id,
      name: 'nightly',
      pattern: '0 2 * * *',
      taskType: 'HttpInvokerTask',
      taskConfig: { url: `${service.url}/healthz`, method: 'GET' },
    };
    const { body: made } = await api().post('/jobs', job);
    const { body: pause } = await api().post('/pauses', { scope: 'application', of: application.id });
    const used = await api().delete(at);
    expect([used.status, used.body.code]).to.deep.equal([409, 'APPLICATION_IN_USE']);
    expect(used.body.detail).to.contain(`job ${made.id} (nightly)`);
    expect((await api().get(at)).headers.get('etag'), 'nothing was recorded').to.equal(headers.get('etag'));
    await api().delete(`/jobs/${made.id}`);
    expect((await api().delete(at, { 'If-Match': '"7"' })).status).to.equal(412);
    expect((await api().delete(at, { 'If-Match': headers.get('etag') ?? '' })).status).to.equal(204);
    for (const response of [await api().get(at), await api().delete(at), await api().get(`${at}/variables`)]) {
      expect([response.status, response.body.code]).to.deep.equal([404, 'APPLICATION_NOT_FOUND']);
    }
    expect((await api().get('/pauses')).body.map(({ id }: { id: number }) => id)).to.not.include(pause.id);
    expect((await api().get('/applications')).body.map(({ name }: { name: string }) => name)).to.not.include('leaving');
    const late = await api().post('/jobs', job);
    expect([late.status, late.body.code]).to.deep.equal([422, 'UNKNOWN_APPLICATION']);
    const again = await api().post('/applications', { name: 'leaving' });
    expect(again.status).to.equal(201);
    expect(again.body.id).to.be.above(application.id);
  });

  it('rejects pauses of missing resources, and pauses that would have ended', async () => {
    const rejected = async (body: object) => {
      const { status, body: problem } = await api().post('/pauses', body);
      return [status, problem.code, problem.errors?.[0].pointer];
    };
    expect(await rejected({ scope: 'application', of: 9_999 })).to.deep.equal([422, 'UNKNOWN_APPLICATION', '/of']);
    expect(await rejected({ scope: 'tenant', until: '2020-01-01T00:00:00Z' })).to.deep.equal([
      422,
      'UNTIL_IN_PAST',
      '/until',
    ]);
    expect(await rejected({ scope: 'target', of: 'a.example/path' })).to.deep.equal([400, 'BAD_INPUT', '/of']);
    expect(await rejected({ scope: 'job', of: 9_999 })).to.deep.equal([422, 'UNKNOWN_JOB', '/of']);
    expect(await rejected({ scope: 'job', of: 'crm/nobody' })).to.deep.equal([422, 'UNKNOWN_JOB', '/of']);
    expect((await api().delete('/pauses/9999')).body.code).to.equal('PAUSE_NOT_FOUND');
  });

  it('lets a tenant pause its own jobs, and administrators all jobs', async () => {
    const permissions = ['scheduler:jobs:read', 'scheduler:jobs:write'];
    const [own, other] = [service.as({ permissions }), service.as({ permissions, tenant: 'globex' })];
    const rejected = await own.post('/pauses', { scope: 'installation' });
    expect([rejected.status, rejected.body.code]).to.deep.equal([403, 'FORBIDDEN']);
    const { body: all } = await api().post('/pauses', { scope: 'installation', reason: 'Upgrade' });
    const { body: mine } = await own.post('/pauses', { scope: 'tenant' });
    expect((await other.get('/pauses')).body).to.deep.equal([all]);
    expect((await other.delete(`/pauses/${mine.id}`)).status).to.equal(404);
    expect((await own.delete(`/pauses/${all.id}`)).status).to.equal(403);
    expect((await own.delete(`/pauses/${mine.id}`)).status).to.equal(204);
    const admin = service.as({ tenant: 'globex', permissions: ['scheduler:admin'] });
    expect((await admin.delete(`/pauses/${all.id}`)).status).to.equal(204);
  });
});
