import { expect } from 'chai';
import { type AService, aService } from '../support/a-service/a-service.ts';
import type { Api } from '../support/api.ts';
import { eventsOf } from '../support/service-log.ts';
import { startTarget, type Target } from '../support/target.ts';

const SENDER = ['scheduler:jobs:read', 'scheduler:jobs:trigger', 'scheduler:executions:read'];
const AUTHOR = { permissions: [...SENDER, 'scheduler:jobs:write'] };

describe('the service: a preview that is sent', () => {
  let service: AService;
  let target: Target;
  let api: Api;
  let applicationId: number;
  const taskOf = (path: string, other: object = {}) => ({ url: `${target.origin}${path}`, method: 'POST', ...other });
  const send = (body: object, by: Api = service.as(AUTHOR)) =>
    by.post('/preview', { applicationId, send: true, ...body });

  before(async () => {
    service = await aService().withSettings({ TENANT_TRIGGERS_PER_MINUTE: '100' }).withApplication('crm').start();
    target = service.target;
    api = service.as();
    applicationId = service.applicationId('crm');
    await api.put(`/applications/${applicationId}/secrets/API`, {
      value: 'open sesame',
      allowedOrigins: [target.origin],
    });
  });
  after(() => service.stop());

  it('calls the target once like an execution, and returns its response', async () => {
    const { status, body } = await send({
      pattern: '0 2 * * *',
      at: '2026-03-01T02:00:00Z',
      taskConfig: taskOf('/echo?day=${T:YYYY-MM-DD}', {
        auth: { authMethod: 'bearer', token: '${secret:API}' },
        body: { day: '${T:YYYY-MM-DD}' },
      }),
    });
    expect([status, body.detail]).to.deep.equal([200, undefined]);
    expect(body.scheduleText).to.equal('At 02:00 (UTC)');
    expect(target.received).to.have.length(1);
    const [got] = target.received;
    expect(got?.url).to.equal('/echo?day=2026-03-01');
    expect(got?.headers).to.deep.include({ authorization: 'Bearer open sesame', 'carillon-trigger': 'test' });
    expect(got?.headers).to.not.have.any.keys('carillon-execution', 'carillon-job');
    const { durationMs, result } = body.sent;
    expect([body.sent.status, result.status]).to.deep.equal(['succeeded', 200]);
    expect(durationMs).to.be.at.least(0);
    expect(result.data.body).to.equal('{"day":"2026-03-01"}');
    expect(JSON.stringify(body), 'what echoes it is struck out').to.not.contain('open sesame');
  });

  it('is a change in the audit, and no execution', async () => {
    await send({ taskConfig: taskOf('/echo?token=very-secret') });
    const [newest] = (await api.get('/audit?limit=1&action=previewJob')).body;
    expect(newest).to.deep.include({
      actor: 'ann',
      outcome: 'done',
      of: { kind: 'testCall', name: `POST ${target.origin}/echo?token=***`, applicationId },
    });
    expect((await api.get('/executions')).body).to.deep.equal([]);
  });

  it('reports what failed', async () => {
    const { body } = await send({ taskConfig: taskOf('/status?code=500') });
    expect(body.sent).to.deep.include({
      status: 'failed',
      error: { code: 'HTTP_500', message: 'the target responded with status 500' },
    });
    expect(body.sent.result.status).to.equal(500);
  });

  it('keeps the stored secrets of a job, for the target that they were given for', async () => {
    const auth = { authMethod: 'basic', username: 'ann', password: 'a password' };
    const job = await api.post('/jobs', {
      applicationId,
      name: 'sealed',
      pattern: '0 2 * * *',
      taskType: 'HttpInvokerTask',
      taskConfig: taskOf('/echo', { auth }),
    });
    const { id, taskConfig } = job.body;
    const before = target.received.length;
    const { body } = await send({ id, taskConfig: { ...taskConfig, url: `${target.origin}/status?code=204` } });
    expect(body.sent.status).to.equal('succeeded');
    const got = target.received.at(-1);
    expect(got?.headers.authorization).to.equal(`Basic ${Buffer.from('ann:a password').toString('base64')}`);
    expect(got?.headers['carillon-job']).to.equal(String(id));
    const elsewhere = await send({ id, taskConfig: { ...taskConfig, url: `http://127.0.0.1:${target.port + 1}/` } });
    expect([elsewhere.status, elsewhere.body.code]).to.deep.equal([422, 'SECRET_NOT_REUSABLE']);
    const unknown = await send({ id: 999, taskConfig });
    expect([unknown.status, unknown.body.code]).to.deep.equal([404, 'JOB_NOT_FOUND']);
    expect(target.received.length).to.equal(before + 1);
  });

  describe('by someone who may trigger jobs, and not change them', () => {
    const TRIGGER = { permissions: SENDER };
    const mark = { omitted: true, bytes: 1 };
    const save = async (name: string, definition: object): Promise<Record<string, unknown> & { id: number }> => {
      const fixed = { applicationId, name, pattern: '0 2 * * *', taskType: 'HttpInvokerTask' };
      const { status, body } = await api.post('/jobs', { ...fixed, ...definition });
      expect([status, body.detail]).to.deep.equal([201, undefined]);
      return body;
    };

    it('is one of a saved job as it is', async () => {
      const body = { key: '${secret:API}', day: '${T:YYYY-MM-DD}' };
      const saved = await save('as it is', { timezone: 'Europe/Berlin', taskConfig: taskOf('/echo', { body }) });
      const whole = (await api.get(`/jobs/${saved.id}`)).body;
      for (const definition of [whole, { ...whole, taskConfig: { ...whole.taskConfig, body: mark } }]) {
        const { status, body: response } = await send(definition, service.as(TRIGGER));
        expect([status, response.detail]).to.deep.equal([200, undefined]);
        expect(response.request.body).to.deep.include({ key: '***' });
        expect(target.received.at(-1)?.body).to.contain('"key":"open sesame"');
      }
    });

    it('is rejected for anything else, with and without secrets, and by the mark of an omitted body', async () => {
      const other = await startTarget();
      const saved = await save('with a secret', { taskConfig: taskOf('/echo', { body: { key: '${secret:API}' } }) });
      const pin = { confidential: true, taskConfig: taskOf('/echo', { body: { pin: 'a pin' } }) };
      const sealed = await save('with a pin', pin);
      const auth = { authMethod: 'bearer', token: { sealed: true } };
      const arrived = target.received.length;
      const reader = { permissions: ['scheduler:jobs:read'] };
      for (const [claims, body] of [
        [reader, { id: saved.id, taskConfig: taskOf('/echo', { body: mark }) }],
        [TRIGGER, { taskConfig: taskOf('/echo') }],
        [TRIGGER, { taskConfig: taskOf('/echo', { headers: { 'X-Key': '${secret:API}' } }) }],
        [TRIGGER, { id: saved.id, taskConfig: taskOf('/echo', { auth }) }],
        [TRIGGER, { id: saved.id, taskConfig: { url: `${other.origin}/`, method: 'POST', body: mark } }],
        [TRIGGER, { id: saved.id, timezone: 'Asia/Tokyo', taskConfig: taskOf('/echo', { body: mark }) }],
        [TRIGGER, { id: sealed.id, confidential: true, taskConfig: taskOf('/status', { body: mark }) }],
      ] as const) {
        const { status, body: problem } = await send(body, service.as(claims));
        expect([status, problem.code], JSON.stringify(body)).to.deep.equal([403, 'FORBIDDEN']);
      }
      expect([target.received.length, other.received.length]).to.deep.equal([arrived, 0]);
      await other.close();
    });
  });

  it('checks the body that it keeps, for the target that it would go to', async () => {
    const saved = await api.post('/jobs', {
      ...{ applicationId, name: 'bound', pattern: '0 2 * * *', taskType: 'HttpInvokerTask' },
      taskConfig: taskOf('/echo', { body: { key: '${secret:API}' } }),
    });
    const body = { omitted: true, bytes: 1 };
    const moved = {
      id: saved.body.id,
      taskConfig: { url: `http://127.0.0.1:${target.port + 1}/`, method: 'POST', body },
    };
    for (const { status, body: problem } of [await send(moved), await api.put(`/jobs/${moved.id}`, moved)]) {
      expect([status, problem.code]).to.deep.equal([422, 'SECRET_ORIGIN_NOT_ALLOWED']);
    }
  });

  it('is rejected if a job would not be saved or called, and then neither sent nor recorded', async () => {
    const limit = 'one-at-a-time';
    await api.put(`/applications/${applicationId}/limits/${limit}`, { parallel: 1 });
    const { body: job } = await api.post('/jobs', {
      ...{ applicationId, limit, name: 'silent', pattern: '0 2 * * *', taskType: 'HttpInvokerTask' },
      taskConfig: taskOf('/silent'),
    });
    const { body: execution } = await api.post(`/jobs/${job.id}/trigger`);
    await service.eventually(async () =>
      (await api.get(`/executions/${execution.id}`)).body.status === 'running' ? true : undefined,
    );
    const { body: pause } = await api.post('/pauses', { scope: 'target', of: '127.0.0.2' });
    const recorded = async () =>
      (await eventsOf(service.log)).filter(({ type }) => type === 'TestCallRequested').length;
    const before = await recorded();
    const arrived = target.received.length;
    for (const [body, status, code] of [
      [{ taskConfig: { url: 'http://10.0.0.8/', method: 'GET' } }, 422, 'TARGET_BLOCKED'],
      [{ taskConfig: taskOf('/echo', { headers: { Host: 'x' } }) }, 422, 'HEADER_REJECTED'],
      [{ taskConfig: taskOf('/echo'), limit }, 429, 'LIMIT_REACHED'],
      [{ taskConfig: { url: `http://127.0.0.2:${target.port}/`, method: 'GET' } }, 409, 'PAUSED'],
      [{ taskConfig: taskOf('/echo'), applicationId: undefined }, 400, 'BAD_INPUT'],
      [{ pattern: '@daily' }, 400, 'BAD_INPUT'],
    ] as const) {
      const response = await send(body);
      expect([response.status, response.body.code]).to.deep.equal([status, code]);
    }
    expect(target.received.length).to.equal(arrived);
    expect(await recorded()).to.equal(before);
    await api.delete(`/pauses/${pause.id}`);
    await api.post(`/executions/${execution.id}/cancel`);
    await service.eventually(async () =>
      (await api.get(`/executions/${execution.id}`)).body.status === 'cancelled' ? true : undefined,
    );
    expect((await send({ taskConfig: taskOf('/echo'), limit })).body.sent.status).to.equal('succeeded');
  });
});
