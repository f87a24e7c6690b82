import { expect } from 'chai';
import { type AService, aService } from '../support/a-service/a-service.ts';
import type { Api } from '../support/api.ts';
import { describeOnLogs } from '../support/logs.ts';
import { eventsOf } from '../support/service-log.ts';

describeOnLogs('the service: preview', (log) => {
  let service: AService;
  let api: Api;
  let applicationId: number;
  const preview = async (body: unknown) => {
    const response = await api.post('/preview', body);
    expect([response.status, response.body.detail]).to.deep.equal([200, undefined]);
    return response.body;
  };

  before(async () => {
    service = await aService().onLog(log).withApplication('crm').start();
    api = service.as();
    applicationId = service.applicationId('crm');
    await api.put(`/applications/${applicationId}/variables/STAGE`, { value: 'test' });
    await api.put(`/applications/${applicationId}/secrets/API`, { value: 'a secret of the application' });
  });
  after(() => service.stop());

  it('describes a schedule in plain language, and lists its slots', async () => {
    const after = '2026-02-06T12:00:00Z';
    const body = await preview({ pattern: '0 9 * * 1-5', timezone: 'Europe/Berlin', after, count: 2 });
    expect(body).to.deep.equal({
      scheduleText: 'At 09:00, Monday through Friday (Europe/Berlin)',
      slots: [
        { at: '2026-02-09T08:00:00.000Z', local: '2026-02-09T09:00:00+01:00' },
        { at: '2026-02-10T08:00:00.000Z', local: '2026-02-10T09:00:00+01:00' },
      ],
    });
  });

  it('describes an interval with its rules', async () => {
    const body = await preview({
      schedule: { every: '2w' },
      startAt: '2026-01-05T09:00:00+01:00',
      timezone: 'Europe/Madrid',
      jitter: '10m',
      maxRuns: 2,
      after: '2026-01-06T00:00:00Z',
    });
    expect(body).to.deep.equal({
      scheduleText:
        'Every second Monday at 09:00 (Europe/Madrid), from 2026-01-05 09:00, up to 10 minutes later, at most 2 runs',
      slots: [
        { at: '2026-01-19T08:00:00.000Z', local: '2026-01-19T09:00:00+01:00' },
        { at: '2026-02-02T08:00:00.000Z', local: '2026-02-02T09:00:00+01:00' },
      ],
    });
  });

  it('lists ten slots from now by default, and at most 1,000', async () => {
    const { slots } = await preview({ pattern: '@hourly' });
    expect(slots).to.have.length(10);
    expect(Date.parse(slots[0].at) - service.now()).to.be.within(0, 3_600_000);
    expect((await preview({ pattern: '@hourly', count: 1_000 })).slots).to.have.length(1_000);
    expect((await api.post('/preview', { pattern: '@hourly', count: 1_001 })).status).to.equal(400);
  });

  it('lists no more slots than maxRuns', async () => {
    expect((await preview({ pattern: '@hourly', maxRuns: 3 })).slots).to.have.length(3);
    expect((await preview({ pattern: '@hourly', maxRuns: 30 })).slots).to.have.length(10);
  });

  it('shows the slots that a calendar moves', async () => {
    await api.put('/calendars/holidays', { dates: ['2099-12-25'] });
    const calendar = { exclude: ['holidays'], shift: 'previous' };
    const requested = {
      pattern: '0 9 25 * *',
      timezone: 'Europe/Madrid',
      after: '2099-11-01T00:00:00Z',
      count: 2,
      calendar,
    };
    const { body } = await api.post('/preview', requested);
    expect(body.scheduleText).to.match(/, except holidays, instead on the open day before$/);
    expect(body.slots).to.deep.equal([
      { at: '2099-11-25T08:00:00.000Z', local: '2099-11-25T09:00:00+01:00' },
      {
        at: '2099-12-25T08:00:00.000Z',
        local: '2099-12-25T09:00:00+01:00',
        dueAt: '2099-12-24T08:00:00.000Z',
        note: 'moved to 2099-12-24: a calendar excludes its own day',
      },
    ]);
  });

  it('rejects instants outside the years 1 to 9999', async () => {
    const task = { url: 'https://example.org/${T+1d:YYYY}', method: 'GET' };
    for (const [field, body] of [
      ['/after', { pattern: '@hourly', after: '9999-12-31T23:59:59-23:59' }],
      ['/at', { taskConfig: task, at: '0001-01-01T00:00:00+00:01' }],
      ['/taskConfig', { taskConfig: task, at: '9999-12-31T23:59:59Z' }],
    ] as const) {
      const response = await api.post('/preview', body);
      expect([response.status, response.body.errors[0].pointer]).to.deep.equal([
        field === '/taskConfig' ? 422 : 400,
        field,
      ]);
      expect(response.body.errors[0].message).to.include('the years 1 to 9999');
    }
    const last = { pattern: '@hourly', timezone: 'Europe/Berlin', after: '9999-12-31T20:30:00Z' };
    expect((await preview(last)).slots.map(({ at }: { at: string }) => at)).to.deep.equal([
      '9999-12-31T21:00:00.000Z',
      '9999-12-31T22:00:00.000Z',
    ]);
  });

  it('fills in the request for the first slot, or for an instant of choice', async () => {
    const given = {
      applicationId,
      pattern: '0 2 * * *',
      after: '2026-02-04T00:00:00Z',
      taskConfig: {
        endpoint: 'http://127.0.0.1:9',
        method: 'POST',
        path: '/${STAGE}/sync?day=${T-1:YYYY-MM-DD}&token=very-secret',
        headers: { Accept: 'text/${STAGE}', 'X-Api-Key': 'a clear key' },
        auth: { authMethod: 'bearer', token: '${secret:API}' },
        body: { from: '${T-7:YYYY-MM-DD}', at: '${T:HH:mm:ss}', key: 'x ${secret:API}', echo: 'a clear key' },
      },
    };
    const body = await preview(given);
    expect(body.target).to.deep.equal({ allowed: true });
    expect(body.request).to.deep.equal({
      method: 'POST',
      url: 'http://127.0.0.1:9/test/sync?day=2026-02-03&token=***',
      headers: { Authorization: '***', Accept: 'text/test', 'X-Api-Key': '***' },
      body: { from: '2026-01-28', at: '02:00:00', key: 'x ***', echo: '***' },
      resolvedParameters: [
        { expression: '${STAGE}', value: 'test', at: '2026-02-04T02:00:00.000Z' },
        { expression: '${T-1:YYYY-MM-DD}', value: '2026-02-03', at: '2026-02-04T02:00:00.000Z' },
        { expression: '${secret:API}', value: '***', at: '2026-02-04T02:00:00.000Z' },
        { expression: '${T-7:YYYY-MM-DD}', value: '2026-01-28', at: '2026-02-04T02:00:00.000Z' },
        { expression: '${T:HH:mm:ss}', value: '02:00:00', at: '2026-02-04T02:00:00.000Z' },
      ],
    });
    const later = await preview({ ...given, at: '2026-05-01T14:30:00Z' });
    expect(later.request.body.at).to.equal('14:30:00');
    expect(later.slots).to.deep.equal(body.slots);
  });

  it('checks a target that parameters decide, without rejecting it', async () => {
    const method = 'GET';
    const blocked = await preview({ taskConfig: { url: 'http://10.0.0.8/x', method } });
    expect(blocked.target.allowed).to.equal(false);
    expect(blocked.target.reason).to.include('ALLOWED_TARGETS=10.0.0.8:80');
    expect(blocked.request.url).to.equal('http://10.0.0.8/x');
    expect([blocked.scheduleText, blocked.slots]).to.deep.equal(['Manual', []]);
    const dynamic = await preview({
      at: '2026-01-01T00:00:00Z',
      taskConfig: { url: 'http://169.254.169.${T:254}/', method },
    });
    expect(dynamic.target.allowed).to.equal(false);
    const never = await preview({ taskConfig: { url: 'nothing', method } });
    expect(never).to.not.have.property('request');
    expect(never.target.allowed).to.equal(false);
  });

  it('accepts a job with sealed values as GET returned it', async () => {
    const auth = { authMethod: 'basic', username: 'ann', password: 'a password' };
    const id = await service.addJob({ name: 'sealed', pattern: '0 2 * * *', taskConfig: { auth } });
    const { body: job } = await api.get(`/jobs/${id}`);
    const { request } = await preview(job);
    expect(request.headers).to.deep.equal({ Authorization: '***' });
  });

  it('rejects the fields that a job would be rejected for', async () => {
    const method = 'GET';
    for (const [body, status, pointer] of [
      [{ pattern: '61 * * * *' }, 422, '/pattern'],
      [{ taskConfig: { url: 'http://example.com/${NOPE}', method } }, 422, '/taskConfig/url'],
      [{ unknown: 1 }, 400, '/unknown'],
    ] as const) {
      const response = await api.post('/preview', body);
      expect([response.status, response.body.errors?.[0]?.pointer]).to.deep.equal([status, pointer]);
    }
  });

  it('records nothing, even with an Idempotency-Key', async () => {
    const before = await eventsOf(service.log);
    const body = { applicationId, pattern: '0 2 * * *', taskConfig: { url: 'http://127.0.0.1:9/', method: 'GET' } };
    expect((await api.post('/preview', body, { 'Idempotency-Key': 'key' })).status).to.equal(200);
    expect(await eventsOf(service.log)).to.deep.equal(before);
  });
});
