import { randomBytes } from 'node:crypto';
import { expect } from 'chai';
import { MAX_WITHDRAWN } from '../../src/domain/execution/tail.ts';
import { COMPLETION_TOKEN } from '../../src/http/route.ts';
import { type AService, aService } from '../support/a-service/a-service.ts';
import { apiClient } from '../support/api.ts';
import { describeOnLogs } from '../support/logs.ts';
import { allRoutes, nameOf } from '../support/routes.ts';

/** Offers that end in three steps. */
const MANY = 2 * MAX_WITHDRAWN + 5;
const worker = { id: 'worker-1', host: 'host-1', version: '1.0.0' };
const aTakeId = () => randomBytes(32).toString('base64url');

describeOnLogs('the service: jobs that run functions of a program', (log) => {
  let service: AService;
  const api = () => service.as();
  const job = (name: string, other: object = {}, taskConfig: object = {}) => ({
    ...{ name, pattern: '0 0 1 1 *', taskType: 'WorkerTask' },
    taskConfig: { queue: name, task: 'send-report', input: { day: '${T:YYYY-MM-DD}' }, ...taskConfig },
    ...other,
  });

  before(async () => {
    service = await aService()
      .onLog(log)
      .withApplication('crm')
      .withJob(job('hourly', { pattern: '0 * * * *', maxLateness: '10m' }))
      .withJob(job('manual', { heartbeatTimeout: '30s' }))
      .withJob(job('retried', { retry: { maxAttempts: 2, retryOn: ['reported', 'lost'] } }))
      .withJob(job('paused'))
      .withJob(job('reports'))
      .withJob(job('secret', { confidential: true }, { input: { note: 'hush-input' } }))
      .start();
  });
  after(() => service?.stop());

  const take = async (queue: string, other: object = {}) => {
    const body = { takeId: aTakeId(), worker, tasks: ['send-report'], most: 10, ...other };
    const response = await api().post(`/queues/crm/${queue}/take`, body);
    expect(response.status, JSON.stringify(response.body)).to.equal(200);
    return response.body.work;
  };
  const beat = async (queue: string, running: readonly object[]) => {
    const response = await api().post(`/queues/crm/${queue}/beat`, { worker, running });
    expect(response.status, JSON.stringify(response.body)).to.equal(200);
    return response.body;
  };
  const complete = async ({ executionId, jobId, token }: Work, body: object) => {
    const response = await apiClient(service.url, token).post(`/executions/${executionId}/complete?job=${jobId}`, body);
    return response.status;
  };
  const shown = async (id: number) => (await api().get(`/executions/${id}`)).body;
  type Work = { readonly executionId: number; readonly jobId: number; readonly token: string };

  /** Runs a job, and returns its execution once its work is offered. */
  const offered = async (name: string, input: object = {}) => {
    const { body } = await api().post(`/jobs/${service.jobId(name)}/trigger`, input);
    await service.advance('1s');
    return body.id;
  };

  it('offer the work of a slot, which a worker takes and completes', async () => {
    await service.advance('1h');
    const [work, ...others] = await take('hourly');
    expect(others).to.have.length(0);
    expect(work).to.deep.include({ task: 'send-report', input: { day: '2026-03-02' }, attempt: 1, jobName: 'hourly' });
    expect(await take('hourly')).to.have.length(0);
    expect(await beat('hourly', [{ ...pick(work), progress: { percent: 50 } }])).to.deep.equal({
      cancel: [],
      lost: [],
    });
    expect(await shown(work.executionId)).to.deep.include({
      status: 'running',
      worker: 'worker-1',
      progress: { percent: 50 },
    });
    expect(await complete(work, { status: 'succeeded', result: { rows: 7 } })).to.equal(204);
    const ended = await shown(work.executionId);
    expect(ended).to.deep.include({ status: 'succeeded', result: { taskType: 'WorkerTask', data: { rows: 7 } } });
    expect(ended.jobSnapshot).to.deep.include({ queue: 'hourly', task: 'send-report', input: { day: '***' } });
    expect(await complete(work, { status: 'succeeded' })).to.equal(409);
  });

  it('wait for a worker, and are withdrawn after maxLateness', async () => {
    await service.advance('1h');
    const { body } = await api().get(`/executions?jobId=${service.jobId('hourly')}&status=pending`);
    const [waiting] = body;
    expect(await shown(waiting.id)).to.include({ status: 'pending', waitsFor: 'WORKER', startedAt: null });
    await service.advance('15m');
    expect((await shown(waiting.id)).error).to.include({ code: 'TOO_LATE' });
    expect(await take('hourly')).to.deep.equal([]);
  });

  it('are retried when their worker is lost', async () => {
    const id = await offered('retried');
    const [work] = await take('retried');
    await service.advance('20s');
    expect(await beat('retried', [pick(work)])).to.deep.equal({ cancel: [], lost: [] });
    await service.advance('20s');
    expect((await shown(id)).status).to.equal('running');
    await service.advance('40s');
    const lost = await shown(id);
    expect(lost.attempts[0].error.code).to.equal('WORK_LOST');
    expect(await beat('retried', [pick(work)])).to.deep.equal({ cancel: [], lost: [id] });
    expect(await complete(work, { status: 'succeeded' })).to.be.oneOf([401, 409]);
    await service.advance('30s');
    const [again] = await take('retried');
    expect(again).to.include({ executionId: id, attempt: 2 });
    expect(await complete(again, { status: 'succeeded' })).to.equal(204);
  });

  it('end with their job, in several steps if they are many', async () => {
    const { body: many } = await api().post('/jobs', {
      ...job('many', { overlap: 'allow' }),
      applicationId: service.applicationId('crm'),
      pattern: undefined,
    });
    await Promise.all(Array.from({ length: MANY }, () => api().post(`/jobs/${many.id}/trigger`)));
    await service.advance('2s');
    const { body: queues } = await api().get('/queues');
    expect(queues.find(({ queue }: { queue: string }) => queue === 'many').offered).to.equal(MANY);
    expect((await api().delete(`/jobs/${many.id}`)).status).to.equal(204);
    expect(await take('many')).to.deep.equal([]);
    const { body: open } = await api().get(`/executions?jobId=${many.id}&status=pending,running`);
    expect(open).to.deep.equal([]);
  });

  it('are cancelled while offered, and through the heartbeat after that', async () => {
    const waiting = await offered('manual');
    expect((await api().post(`/executions/${waiting}/cancel`)).body.status).to.equal('cancelled');
    expect(await take('manual')).to.deep.equal([]);
    const id = await offered('manual');
    const [work] = await take('manual');
    await service.until(api().post(`/executions/${id}/cancel`));
    expect(await beat('manual', [pick(work)])).to.deep.equal({ cancel: [id], lost: [] });
    expect(await complete(work, { status: 'cancelled', error: 'stopped' })).to.equal(204);
    expect(await shown(id)).to.deep.include({ status: 'cancelled' });
  });

  it('keep the input of a confidential job sealed until a worker has it', async () => {
    const id = await offered('secret');
    expect(JSON.stringify(await shown(id))).to.not.include('hush');
    const [work] = await take('secret');
    expect(work.input).to.deep.equal({ note: 'hush-input' });
    expect(await complete(work, { status: 'succeeded', result: 'hush' })).to.equal(204);
    expect(JSON.stringify(await shown(id))).to.not.include('hush');
  });

  it('fail at the next take if their secrets were erased', async () => {
    const { body: other } = await api().post('/applications', { name: 'erased' });
    const fields = { ...job('sealed', { confidential: true }), applicationId: other.id, pattern: undefined };
    const { body: sealed } = await api().post('/jobs', fields);
    const { body: execution } = await api().post(`/jobs/${sealed.id}/trigger`);
    await service.advance('1s');
    expect((await shown(execution.id)).waitsFor).to.equal('WORKER');
    expect((await api().post(`/applications/${other.id}/secrets/erase`)).status).to.equal(200);
    const taken = await api().post('/queues/erased/sealed/take', { takeId: aTakeId(), worker });
    expect([taken.status, taken.body.work]).to.deep.equal([200, []]);
    await service.advance('1s');
    expect(await shown(execution.id)).to.have.nested.property('error.code', 'SECRET_ERASED');
  });

  it('reach a take that waits', async () => {
    const taking = take('manual', { wait: '30s' });
    const id = await offered('manual');
    const [work] = await service.until(taking);
    expect(work.executionId).to.equal(id);
    const { body: queues } = await api().get('/queues');
    const found = queues.find((each: { queue: string }) => each.queue === 'manual');
    expect(found).to.deep.include({ applicationName: 'crm', offered: 0, taken: 1 });
    expect(found.workers[0]).to.include({ id: 'worker-1', host: 'host-1', version: '1.0.0' });
    await complete(work, { status: 'succeeded' });
  });

  it('are shown as of an earlier time', async () => {
    const id = await offered('manual');
    const offeredAt = new Date(service.now()).toISOString();
    await service.advance('1m');
    const [work] = await take('manual');
    const takenAt = new Date(service.now()).toISOString();
    await service.advance('5s');
    expect(await complete(work, { status: 'succeeded' })).to.equal(204);
    const then = async (at: string) => (await api().get(`/executions/${id}?asOf=${at}`)).body;
    expect(await then(offeredAt))
      .to.include({ status: 'pending', startedAt: null })
      .and.not.have.property('worker');
    expect(await then(takenAt)).to.deep.include({ status: 'running', worker: 'worker-1' });
    expect(await then(new Date(service.now()).toISOString())).to.deep.include({ status: 'succeeded' });
    const task = { queue: 'manual', task: 'other' };
    expect((await api().put(`/jobs/${work.jobId}`, { taskConfig: task })).status).to.equal(200);
    const { body: history } = await api().get(`/jobs/${work.jobId}/history`);
    expect(history[0].changes).to.deep.include({ path: '/taskConfig/task', from: 'send-report', to: 'other' });
  });

  it('have slots that are due until a worker takes their work, and then late; or missed', async () => {
    const jobId = await service.addJob(job('slots', { pattern: '0 * * * *', maxLateness: '10m' }));
    const span = () => {
      const [from, to] = [service.now() - 3_600_000, service.now()].map((ms) => new Date(ms).toISOString());
      return `from=${from}&to=${to}`;
    };
    const slots = async () => {
      const { body } = await api().get(`/jobs/${jobId}/occurrences?${span()}`);
      return body.map(({ outcome, reason }: Record<string, string>) => [outcome, reason]);
    };
    const tally = async () => (await api().get(`/audit/explain?${span()}`)).body.slots;
    const days = async () => (await api().get(`/jobs/${jobId}/occurrences/days?month=2026-03`)).body;
    await service.advance(`${3_600_000 - (service.now() % 3_600_000) + 5_000}ms`);
    expect(await slots()).to.deep.equal([['due', 'WORKER']]);
    expect((await tally()).due).to.be.greaterThan(0);
    expect(JSON.stringify(await days())).not.to.match(/"fired":[1-9]/);
    const then = new Date(service.now()).toISOString();
    const [work] = await take('slots');
    expect(await slots()).to.deep.equal([['late', 'NO_WORKER']]);
    const { body } = await api().get(`/jobs/${jobId}/occurrences?${span()}&asOf=${then}`);
    expect(body[0]).to.include({ outcome: 'due', reason: 'WORKER' });
    await complete(work, { status: 'succeeded' });
    await service.advance('1h');
    expect(await slots()).to.deep.equal([['due', 'WORKER']]);
    await service.advance('15m');
    expect(await slots()).to.deep.equal([['missed', 'TOO_LATE']]);
  });

  it('of a confidential job: what a worker reports is sealed, wherever it is shown', async () => {
    const id = await offered('secret');
    const [work] = await take('secret');
    await beat('secret', [{ ...pick(work), progress: 'hush-progress' }]);
    expect(await shown(id)).to.deep.include({ progress: { sealed: true } });
    await complete(work, { status: 'failed', error: 'hush-error', result: 'hush-result' });
    const ended = await shown(id);
    expect([ended.error.code, ended.progress, ended.result.data]).to.deep.equal([
      'REPORTED_FAILED',
      { sealed: true },
      { sealed: true },
    ]);
    const events = await api().get(`/jobs/${work.jobId}/executions?include=body`);
    const attention = await api().get('/attention?include=responses');
    expect(JSON.stringify([ended, events.body, attention.body])).not.to.match(/hush-/);
    const stored = (await service.advance('1s')).concat(await service.advance('1s'));
    expect(JSON.stringify(stored)).not.to.include('hush-');
  });

  it('show a result that looks like a sealed one as what it is', async () => {
    const id = await offered('reports');
    const [work] = await take('reports');
    await complete(work, { status: 'succeeded', result: { a: { $sealed: 'mine' } } });
    expect((await shown(id)).result.data).to.equal('{"a":{"$sealed":"mine"}}');
  });

  it('end with the last progress, which is in the log once', async () => {
    const id = await offered('reports');
    const [work] = await take('reports');
    for (const percent of [10, 20]) {
      await beat('reports', [{ ...pick(work), progress: { percent } }]);
      expect((await shown(id)).progress).to.deep.equal({ percent });
      const told = await service.advance('15s');
      expect(told.map(({ type }) => type)).not.to.include('HeartbeatReceived');
      await beat('reports', [pick(work)]);
    }
    expect(await complete(work, { status: 'succeeded' })).to.equal(204);
    expect(await shown(id)).to.deep.include({ status: 'succeeded', progress: { percent: 20 } });
  });

  it('keep no heartbeat of a token that was never given, and a repeated one once', async () => {
    const id = await offered('reports');
    const [work] = await take('reports');
    const invented = { executionId: id, token: `7.${work.jobId}.invented` };
    expect((await beat('reports', [invented])).lost).to.deep.equal([id]);
    expect(await beat('reports', [pick(work), pick(work)])).to.deep.equal({ cancel: [], lost: [] });
    const other = service.jobId('hourly');
    const wrong = await apiClient(service.url, work.token).post(`/executions/${id}/complete?job=${other}`, {
      status: 'succeeded',
    });
    expect([wrong.status, wrong.body.code]).to.deep.equal([401, 'COMPLETION_TOKEN_REJECTED']);
    await complete(work, { status: 'succeeded' });
  });

  it('are given once to a take, also if it is repeated after their end', async () => {
    const takeId = aTakeId();
    await offered('reports');
    const [work] = await take('reports', { takeId });
    expect(await take('reports', { takeId, most: 0 })).to.deep.include({ ...work });
    await complete(work, { status: 'succeeded' });
    await offered('reports');
    expect(await take('reports', { takeId })).to.deep.equal([]);
    const [next] = await take('reports');
    await complete(next, { status: 'succeeded' });
  });

  it('of an unknown application are no work: 404, by id as by name', async () => {
    const body = { takeId: aTakeId(), worker };
    for (const application of ['999', 'unknown']) {
      const response = await api().post(`/queues/${application}/manual/take`, body);
      expect([response.status, response.body.code]).to.deep.equal([404, 'APPLICATION_NOT_FOUND']);
    }
  });

  it('are listed by queue, page by page', async () => {
    for (const queue of ['list-a', 'list-b', 'list-c']) await beat(queue, []);
    const names: string[] = [];
    for (let path: string | undefined = '/queues?limit=2'; path !== undefined; ) {
      const { body, headers } = await api().get(path);
      expect(body.length).to.be.at.most(2);
      names.push(...body.map(({ queue }: { queue: string }) => queue));
      path = /<[^>]*\/_\/scheduler([^>]+)>; rel="next"/.exec(headers.get('link') ?? '')?.[1];
    }
    expect(names).to.include.members(['list-a', 'list-b', 'list-c']);
    expect(new Set(names).size).to.equal(names.length);
  });

  it('are taken with a token for their queue alone', async () => {
    const { body } = await api().post('/tokens', {
      name: 'worker',
      permissions: ['scheduler:work'],
      queues: ['crm/manual'],
    });
    const holder = apiClient(service.url, body.token);
    const requested = { takeId: aTakeId(), worker, tasks: ['send-report'] };
    expect((await holder.post('/queues/crm/manual/take', requested)).status).to.equal(200);
    expect((await holder.post('/queues/crm/manual/beat', { worker })).status).to.equal(200);
    expect((await holder.post('/queues/crm/hourly/take', requested)).status).to.equal(403);
    expect((await holder.post('/queues/crm/hourly/beat', { worker })).status).to.equal(403);
    const own = new Set(['/queues/:application/:queue/take', '/queues/:application/:queue/beat']);
    // A target reports with the token of its call.
    const others = allRoutes.filter(({ path, permission }) => !own.has(path) && permission !== COMPLETION_TOKEN);
    for (const route of others) {
      const path = route.path
        .replace(/:application\b/, 'crm')
        .replace(/:job\b/, 'manual')
        .replace(/:\w+/g, '1');
      const { status } = await holder[route.method](path, {});
      expect(status, nameOf(route)).to.equal(403);
    }
    expect((await holder.post('/executions/1/complete', { status: 'succeeded' })).status).to.be.oneOf([401, 404]);
  });
});

const pick = ({ executionId, token }: { executionId: number; token: string }) => ({ executionId, token });
