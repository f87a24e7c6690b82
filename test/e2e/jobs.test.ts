import { expect } from 'chai';
import { type AService, aService } from '../support/a-service/a-service.ts';
import { describeOnLogs } from '../support/logs.ts';
import { startTarget, type Target } from '../support/target.ts';

describeOnLogs('the service: jobs over the API', (log) => {
  let service: AService;
  let target: Target;
  let applicationId: number;
  const api = () => service.as();
  const job = (other = {}) => ({
    applicationId,
    name: 'sync',
    pattern: '0 2 * * *',
    taskType: 'HttpInvokerTask',
    taskConfig: { endpoint: target.origin, path: '/echo', method: 'POST', body: { day: '${T:YYYY-MM-DD}' } },
    ...other,
  });

  before(async () => {
    [service, target] = [await aService().onLog(log).start(), await startTarget()];
    const created = await api().post('/applications', { name: 'crm', displayName: 'CRM' });
    expect(created.status).to.equal(201);
    applicationId = created.body.id;
  });
  after(async () => {
    await service.stop();
    await target.close();
  });

  it('reports all wrong fields of a job, a change or a preview together', async () => {
    const wrong = {
      ...{ pattern: 'nightly', timezone: 'Europe/Nowhere', misfireLimit: 3, limit: 'none' },
      taskConfig: { url: 'http://169.254.169.254/', method: 'GET' },
    };
    const { status, body } = await api().post('/jobs', job({ name: 'wrong', ...wrong }));
    expect([status, body.code]).to.deep.equal([422, 'TARGET_BLOCKED']);
    const { body: right } = await api().post('/jobs', job({ name: 'right' }));
    const expected = ['/timezone', '/pattern', '/misfireLimit', '/limit', '/taskConfig'];
    const pointersOf = ({ errors }: { errors: readonly { pointer: string }[] }) => errors.map(({ pointer }) => pointer);
    const taskConfig = { ...wrong.taskConfig, headers: { 'X-Day': '${nowhere}' } };
    const previewed = await api().post('/preview', { ...wrong, applicationId, taskConfig });
    expect([previewed.status, previewed.body.code]).to.deep.equal([422, 'UNKNOWN_TIMEZONE']);
    expect(pointersOf(previewed.body).map((pointer) => pointer.split('/', 2).join('/'))).to.deep.equal(expected);
    const empty = await api().post('/jobs', {});
    expect([empty.status, empty.body.code]).to.deep.equal([400, 'BAD_INPUT']);
    expect(pointersOf(empty.body)).to.include.members(['/name', '/taskConfig']);
    for (const rejected of [
      { status, body },
      await api().put(`/jobs/${right.id}`, job({ name: 'right', ...wrong })),
      await api().patch('/applications/crm/jobs/right', wrong),
      await api().put('/applications/crm/jobs/right', { taskType: 'HttpInvokerTask', ...wrong }),
    ]) {
      expect([rejected.status, rejected.body.code]).to.deep.equal([422, 'TARGET_BLOCKED']);
      expect(pointersOf(rejected.body)).to.deep.equal(expected);
    }
  });

  it('creates a job that the next GET finds, with its Location and ETag', async () => {
    const created = await api().post('/jobs', job({ name: 'nightly', description: 'each night' }));
    expect(created.status).to.equal(201);
    expect(created.headers.get('location')).to.equal(`/_/scheduler/jobs/${created.body.id}`);
    const found = await api().get(`/jobs/${created.body.id}`);
    expect(found.status).to.equal(200);
    const { lastExecution, ...shown } = found.body;
    expect(shown).to.deep.equal(created.body);
    expect([lastExecution, shown.state]).to.deep.equal([null, { name: 'active' }]);
    expect(shown.nextRunAt).to.match(/T02:00:00.000Z$/);
    expect(found.headers.get('etag')).to.equal(created.headers.get('etag'));
    expect(found.body).to.deep.include({
      name: 'nightly',
      description: 'each night',
      enabled: true,
      pattern: '0 2 * * *',
      application: { id: applicationId, name: 'crm', displayName: 'CRM' },
      createdBy: 'ann',
      updatedBy: 'ann',
    });
  });

  it('returns rules as they were sent, and accepts them again', async () => {
    const rules = {
      misfire: 'all',
      misfireLimit: 20,
      maxLateness: '10m',
      overlap: 'queue',
      jitter: 90_000,
      maxRuns: 3,
      retry: { maxAttempts: 3, backoff: { initial: '500ms', factor: 1.5 }, retryOn: ['connect', 503] },
      disableAfter: 5,
    };
    const created = await api().post('/jobs', job({ name: 'with rules', ...rules }));
    expect(created.status).to.equal(201);
    const found = await api().get(`/jobs/${created.body.id}`);
    expect(found.body).to.deep.include(rules);
    const putBack = await api().put(`/jobs/${created.body.id}`, found.body);
    expect([putBack.status, putBack.headers.get('etag')]).to.deep.equal([200, created.headers.get('etag')]);
    const cleared = await api().put(`/jobs/${created.body.id}`, { retry: null, maxRuns: null });
    const { retry: _, maxRuns: __, ...left } = rules;
    expect(cleared.body).to.deep.include(left).and.not.have.any.keys('retry', 'maxRuns');
  });

  it('sets the retention of a job or an application, and reverts it', async () => {
    const retention = { maxAge: '90d', keepLast: 100 };
    const { body: created } = await api().post('/jobs', job({ name: 'kept', retention }));
    expect((await api().get(`/jobs/${created.id}`)).body.retention).to.deep.equal(retention);
    const cleared = await api().put(`/jobs/${created.id}`, { retention: null });
    expect([cleared.status, cleared.body.retention]).to.deep.equal([200, undefined]);
    const application = `/applications/${applicationId}`;
    expect((await api().put(application, { retention: { maxAge: '40d' } })).body.retention).to.deep.equal({
      maxAge: '40d',
    });
    const rejected = await api().put(application, { retention: { maxAge: '1d' } });
    expect([rejected.status, rejected.body.errors[0].pointer]).to.deep.equal([400, '/retention/maxAge']);
    expect((await api().put(application, { retention: null })).body).to.not.have.property('retention');
    const { body: reverted } = await api().post(`${application}/history/2/revert`);
    expect(reverted.retention).to.deep.equal({ maxAge: '40d' });
    await api().put(application, { retention: null });
  });

  it('calls each slot once, with resolved parameters', async () => {
    const { body: created } = await api().post('/jobs', job({ name: 'each second', pattern: '* * * * * *' }));
    await service.until(target.receivedAll(2));
    await api().delete(`/jobs/${created.id}`);
    const executions = await service.eventually(async () => {
      const { body } = await api().get(`/jobs/${created.id}/executions?status=succeeded`);
      return body.length >= 2 ? body : undefined;
    });
    for (const execution of executions) {
      expect(execution).to.include({ jobId: created.id, status: 'succeeded', trigger: 'schedule', attempt: 1 });
      expect(Date.parse(execution.startedAt)).to.be.at.least(Date.parse(execution.scheduledAt));
      expect(execution.result.status).to.equal(200);
      expect(execution.jobSnapshot.resolvedParameters[0]).to.deep.include({
        expression: '${T:YYYY-MM-DD}',
        value: execution.scheduledAt.slice(0, 10),
      });
    }
    const slots = executions.map((execution: { scheduledAt: string }) => execution.scheduledAt);
    expect(new Set(slots).size).to.equal(slots.length);
    const calls = target.received.map(({ headers }) => headers['carillon-scheduled-at']);
    expect(new Set(calls).size).to.equal(calls.length);
  });

  it('calls intervals from startAt, and an instant once', async () => {
    const startMs = service.now() + 1_500;
    const startAt = new Date(startMs).toISOString();
    const due = { pattern: undefined, timezone: 'Europe/Berlin' };
    const { body: every } = await api().post(
      '/jobs',
      job({ ...due, name: 'every', schedule: { every: '1s' }, startAt, misfire: 'all' }),
    );
    const { body: once } = await api().post(
      '/jobs',
      job({ ...due, name: 'at one instant', schedule: { at: startAt } }),
    );
    expect([every.schedule, once.schedule]).to.deep.equal([{ every: '1s' }, { at: startAt }]);
    expect(once).to.not.have.any.keys('completed', 'pattern');
    /** Those of these slots, and none before them. */
    const succeeded = (id: number, slots: readonly string[]) =>
      service.eventually(async () => {
        const { body } = await api().get(`/jobs/${id}/executions?status=succeeded`);
        const found = body.filter(({ scheduledAt }: { scheduledAt: string }) => scheduledAt <= (slots.at(-1) ?? ''));
        return found.length >= slots.length ? found : undefined;
      });
    const twoSlots = [startAt, new Date(startMs + 1_000).toISOString()];
    const called = await succeeded(every.id, twoSlots);
    await api().delete(`/jobs/${every.id}`);
    expect(called.map(({ scheduledAt }: { scheduledAt: string }) => scheduledAt)).to.have.members(twoSlots);
    const [only] = await succeeded(once.id, [startAt]);
    expect(only.scheduledAt).to.equal(startAt);
    expect(only.jobSnapshot.schedule).to.deep.equal({ at: startAt });
    const { body: completed } = await api().get(`/jobs/${once.id}`);
    expect(completed.completed).to.equal(true);
    const put = await api().put(`/jobs/${once.id}`, { ...completed, description: 'put back as it was got' });
    expect([put.status, put.body.schedule]).to.deep.equal([200, { at: startAt }]);
    const { body: patterned } = await api().put(`/jobs/${once.id}`, { pattern: '@yearly' });
    expect(patterned).to.include({ pattern: '@yearly' }).and.not.have.property('schedule');
    expect((await api().get(`/jobs/${once.id}`)).body).to.not.have.property('completed');
  });

  it('deletes a completed job by its rule, and records the reason', async () => {
    const at = new Date(service.now() + 1_000).toISOString();
    const once = { pattern: undefined, schedule: { at }, afterCompletion: 'delete', deleteAfter: '1h' };
    const { status, body: created } = await api().post('/jobs', job({ name: 'goes later', ...once }));
    expect([status, created.deleteAfter]).to.deep.equal([201, '1h']);
    await service.eventually(async () => (await api().get(`/jobs/${created.id}`)).body.completed);
    await service.advance('50m');
    expect((await api().get(`/jobs/${created.id}`)).body.state).to.deep.equal({ name: 'completed' });
    await service.advance('11m');
    await service.eventually(async () => (await api().get(`/jobs/${created.id}`)).status === 404);
    const { body: versions } = await api().get(`/jobs/${created.id}/history`);
    expect(versions[0]).to.deep.include({
      ...{ action: 'deleteJob', actor: 'carillon' },
      reason: 'its schedule is completed',
    });
  });

  it('runs a job without a schedule only on request', async () => {
    const unscheduled = { pattern: undefined, schedule: undefined };
    const { status, body: created } = await api().post('/jobs', job({ name: 'on request', ...unscheduled }));
    expect(status).to.equal(201);
    expect(created).to.not.have.any.keys('pattern', 'schedule');
    const { body: found } = await api().get(`/jobs/${created.id}`);
    expect(found)
      .to.deep.include({ nextRunAt: null, state: { name: 'active' } })
      .and.not.have.property('completed');
    const { body: glances } = await api().get(`/jobs/summaries?ids=${created.id}`);
    expect(glances[0]).to.deep.include({ scheduleText: 'Manual', slots: [] });
    const { body: preview } = await api().post('/preview', { timezone: 'Europe/Berlin' });
    expect(preview).to.deep.equal({ scheduleText: 'Manual', slots: [] });
    const { body: triggered } = await api().post(`/jobs/${created.id}/trigger`);
    const ended = await service.eventually(async () => {
      const { body } = await api().get(`/executions/${triggered.id}`);
      return body.status === 'succeeded' ? body : undefined;
    });
    expect(ended.jobSnapshot).to.not.have.any.keys('pattern', 'schedule');
    const { body: scheduled } = await api().put(`/jobs/${created.id}`, { schedule: { every: '1d' }, jitter: '1m' });
    expect((await api().get(`/jobs/${created.id}`)).body.nextRunAt).to.be.a('string');
    const kept = await api().put(`/jobs/${created.id}`, { ...scheduled, schedule: null });
    expect([kept.status, kept.body.errors[0].pointer]).to.deep.equal([422, '/jitter']);
    const manual = await api().put(`/jobs/${created.id}`, { schedule: null, jitter: null });
    expect(manual.status).to.equal(200);
    expect(manual.body).to.not.have.any.keys('schedule', 'jitter');
    expect((await api().get(`/jobs/${created.id}`)).body.nextRunAt).to.equal(null);
  });

  it('cancels a running call, and reruns it for the same time', async () => {
    const taskConfig = { endpoint: target.origin, path: '/silent', method: 'GET' };
    const { body: created } = await api().post('/jobs', job({ name: 'hangs', enabled: false, taskConfig }));
    const { body: first } = await api().post(`/jobs/${created.id}/trigger`);
    while (!target.received.some(({ url }) => url === '/silent')) {
      await service.until(target.receivedAll(target.received.length + 1));
    }
    const cancelled = await api().post(`/executions/${first.id}/cancel`, undefined, {
      'Carillon-Reason': 'wrong%20day',
    });
    expect(cancelled.status).to.equal(202);
    expect(cancelled.body).to.include({ id: first.id, status: 'cancelled' });
    expect(cancelled.body.error.code).to.equal('CANCELLED');
    const again = await api().post(`/executions/${first.id}/cancel`);
    expect([again.status, again.body.status]).to.deep.equal([202, 'cancelled']);
    const rerun = await api().post(`/executions/${first.id}/rerun?definition=original`);
    expect(rerun.status).to.equal(202);
    expect(rerun.body).to.include({ trigger: 'rerun', rerunOf: first.id, scheduledAt: first.scheduledAt });
    expect((await api().post(`/executions/${rerun.body.id}/cancel`)).body.status).to.equal('cancelled');
  });

  it('seals secrets, and keeps them when a client sends the job back', async () => {
    const taskConfig = {
      url: `${target.origin}/echo`,
      method: 'GET',
      headers: { 'X-Api-Key': 'clear-header-value', Accept: 'text/plain' },
      auth: { authMethod: 'bearer', token: 'clear-token-value' },
    };
    const created = await api().post('/jobs', job({ name: 'sealed', enabled: false, taskConfig }));
    expect(created.body.taskConfig).to.deep.equal({
      url: `${target.origin}/echo`,
      method: 'GET',
      headers: { 'X-Api-Key': { sealed: true }, Accept: 'text/plain' },
      auth: { authMethod: 'bearer', token: { sealed: true } },
    });
    const put = await api().put(`/jobs/${created.body.id}`, created.body);
    expect(put.headers.get('etag')).to.equal(created.headers.get('etag'));
    const before = target.received.length;
    await api().post(`/jobs/${created.body.id}/trigger`);
    await service.until(target.receivedAll(before + 1));
    expect(target.received.at(-1)?.headers).to.include({
      authorization: 'Bearer clear-token-value',
      'x-api-key': 'clear-header-value',
    });
  });

  it('sends any field name of a body unchanged', async () => {
    const text = '{"constructor":{"prototype":1},"__proto__":{"toString":["x"]},"hasOwnProperty":null}';
    const taskConfig = { url: `${target.origin}/echo`, method: 'POST', body: JSON.parse(text) };
    for (const confidential of [false, true]) {
      const created = await api().post('/jobs', job({ name: `names ${confidential}`, confidential, taskConfig }));
      expect(created.status).to.equal(201);
      const before = target.received.length;
      await api().post(`/jobs/${created.body.id}/trigger`);
      await service.until(target.receivedAll(before + 1));
      expect(target.received.at(-1)?.body).to.equal(text);
    }
  });
});
