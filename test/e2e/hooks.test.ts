import { expect } from 'chai';
import { type AService, aService } from '../support/a-service/a-service.ts';
import type { Api } from '../support/api.ts';
import { describeOnLogs } from '../support/logs.ts';
import { openSse } from '../support/sse-client.ts';
import { type Received, startTarget, type Target } from '../support/target.ts';
import { isSignedBy } from '../support/webhook-signature.ts';

const KEY = `whsec_${Buffer.alloc(32, 3).toString('base64')}`;

describeOnLogs('the service: hooks', (log) => {
  let service: AService;
  let receiver: Target;
  let api: Api;
  let applicationId: number;

  before(async () => {
    receiver = await startTarget();
    service = await aService().onLog(log).withApplication('crm').start();
    api = service.as();
    applicationId = service.applicationId('crm');
    await api.put(`/applications/${applicationId}/secrets/KEY`, { value: KEY, signing: true });
    await api.put(`/applications/${applicationId}/secrets/TOKEN`, {
      ...{ value: 'hush-hush', allowedOrigins: [receiver.origin] },
    });
  });
  beforeEach(() => receiver.forget());
  after(async () => {
    await service.stop();
    await receiver.close();
  });

  const hook = (path = '/echo') => ({ url: `${receiver.origin}${path}` });
  const failing = { path: '/status?code=500', pattern: '0 2 1 1 *' };
  const run = async (jobId: number): Promise<number> => (await api.post(`/jobs/${jobId}/trigger`)).body.id;
  /** The hook of an execution, once it is so. */
  const hookWhen = (executionId: number, is: (told: { status: string; attempts: number }) => boolean) =>
    service.until(
      service.eventually(async () => {
        const { hook: told } = (await api.get(`/executions/${executionId}`)).body;
        return told !== undefined && is(told) ? told : undefined;
      }),
    );
  const isDone = ({ status }: { status: string }): boolean => status !== 'pending';
  const bodyOf = (sent: Received | undefined) => JSON.parse(sent?.body ?? '{}');

  it('report an end once after the last retry, signed, with the execution as GET shows it', async () => {
    const headers = { Authorization: 'Bearer ${secret:TOKEN}', 'X-Job': 'nightly' };
    const jobId = await service.addJob({
      ...{ ...failing, name: 'nightly', retry: { maxAttempts: 2, backoff: { initial: '1s', jitter: 'none' } } },
      ...{ labels: { team: 'sync' }, onFailure: { ...hook(), headers }, onSuccess: hook('/status?code=200') },
    });
    const asAnn = { Authorization: `Bearer ${service.token()}` };
    const feed = await openSse(`${service.url}/_/scheduler/events?after=0`, asAnn);
    const executionId = await run(jobId);
    const told = await hookWhen(executionId, isDone);
    expect(told).to.deep.include({ name: 'onFailure', status: 'delivered', attempts: 1 });
    const published = (await feed.until(({ event }) => event === 'scheduler.job.execution.hook.attempted')).at(-1);
    feed.close();
    const { id, hook: hookTold } = published?.data.data ?? {};
    expect(id).to.equal(executionId);
    expect(hookTold).to.deep.include({ name: 'onFailure', status: 'delivered', attempts: 1, response: told.response });
    expect(told.response)
      .to.match(/^200 \{"method":"POST"/)
      .and.not.contain('hush-hush');

    const [sent, ...others] = receiver.received;
    expect(others).to.deep.equal([]);
    expect(sent && isSignedBy(KEY, sent)).to.equal(true);
    expect(sent?.headers).to.deep.include({
      ...{ 'content-type': 'application/json', authorization: 'Bearer hush-hush', 'x-job': 'nightly' },
      ...{ 'idempotency-key': `hook-${executionId}`, 'webhook-id': `hook-${executionId}` },
      ...{ 'carillon-hook': 'onFailure', 'carillon-execution': String(executionId) },
    });
    const { hook: _, ...shown } = (await api.get(`/executions/${executionId}`)).body;
    expect(bodyOf(sent)).to.deep.equal(shown);
    expect(shown).to.deep.include({ status: 'failed', attempt: 2, jobName: 'nightly', labels: { team: 'sync' } });

    const { body: listed } = await api.get(`/jobs/${jobId}/executions`);
    expect(
      listed.map(({ id }: { id: number }) => id),
      'it is no execution',
    ).to.deep.equal([executionId]);
    await api.put(`/jobs/${jobId}`, { taskConfig: { url: `${service.target.origin}/echo`, method: 'GET' } });
    const good = await run(jobId);
    expect(await hookWhen(good, isDone)).to.deep.include({ name: 'onSuccess', status: 'delivered' });
    expect(bodyOf(receiver.received.at(-1))).to.deep.include({ id: good, status: 'succeeded' });
  });

  it('are retried with one key, then abandoned, while the job continues', async () => {
    const jobId = await service.addJob({ ...failing, name: 'unheard', onFailure: hook('/status?code=503') });
    const executionId = await run(jobId);
    const first = await hookWhen(executionId, ({ attempts }) => attempts === 1);
    expect(first).to.deep.include({ status: 'pending', response: '503 answer' });
    expect(first.error.code).to.equal('HTTP_503');
    expect((await api.get(`/jobs/${jobId}`)).body.lastExecution.status).to.equal('failed');
    // To wait for the first may have moved the clock to the second.
    const before = (await api.get(`/executions/${executionId}`)).body.hook.attempts;
    const events = await service.advance('15m');
    const told = await hookWhen(executionId, isDone);
    expect(told).to.deep.include({ status: 'abandoned', attempts: 8 });
    expect(new Set(receiver.received.map(({ headers }) => headers['idempotency-key'])).size).to.equal(1);
    const attempts = events.filter(({ type }) => type === 'HookAttempted');
    expect(attempts.length + before).to.equal(receiver.received.length);
  });

  it('of an application apply to its jobs without own hooks, even after deletion', async () => {
    const other = await service.addApplication('billing');
    await api.put(`/applications/${other}`, { onFailure: hook() });
    expect((await api.get(`/applications/${other}`)).body.onFailure).to.deep.equal(hook());
    const heirs = await service.addJob({ ...failing, name: 'heir' });
    const none = await service.addJob({ ...failing, name: 'quiet', onFailure: 'none' });
    const at = new Date(service.now() + 60_000).toISOString();
    const once = await service.addJob({
      ...{ name: 'once', path: '/status?code=500', schedule: { at }, afterCompletion: 'delete' },
    });
    const quiet = await run(none);
    await hookWhen(await run(heirs), isDone);
    await service.advance('2m');
    await service.until(receiver.receivedAll(2));
    expect(receiver.received.map((sent) => bodyOf(sent).jobName)).to.deep.equal(['heir', 'once']);
    expect((await api.get(`/jobs/${once}`)).status).to.equal(404);
    expect((await api.get(`/executions/${quiet}`)).body)
      .to.include({ status: 'failed' })
      .and.not.have.property('hook');
    await api.put(`/jobs/${none}`, { onFailure: null });
    await hookWhen(await run(none), isDone);
    await api.put(`/applications/${other}`, { onFailure: null });
    expect((await api.get(`/applications/${other}`)).body).to.not.have.property('onFailure');
    expect((await api.get(`/executions/${await run(heirs)}`)).body).to.not.have.property('hook');
  });

  it('report no cancelled execution', async () => {
    const ofJob = { path: '/silent', name: 'cancelled', onFailure: hook(), onSuccess: hook() };
    const jobId = await service.addJob({ ...failing, ...ofJob });
    const executionId = await run(jobId);
    await service.eventually(async () => service.target.received.some(({ url }) => url === '/silent') || undefined);
    await api.post(`/executions/${executionId}/cancel`);
    const ended = await service.eventually(async () => {
      const { body } = await api.get(`/executions/${executionId}`);
      return body.finishedAt === null ? undefined : body;
    });
    expect(ended).to.include({ status: 'cancelled' }).and.not.have.property('hook');
    await service.advance('1m');
    expect(receiver.received).to.deep.equal([]);
  });

  it('come of files, too, and may name what comes with them', async () => {
    const job = {
      ...{ name: 'filed', pattern: '0 2 1 1 *', taskType: 'HttpInvokerTask', onSuccess: 'none' },
      taskConfig: { url: `${service.target.origin}/status?code=500`, method: 'GET' },
    };
    const application = {
      name: 'filed',
      variables: { PATH: 'echo' },
      onFailure: { url: `${receiver.origin}/\${PATH}` },
    };
    const sync = async () => {
      const { status, body } = await api.post('/bootstrap', { applications: [{ application, jobs: [job] }] });
      expect(status, JSON.stringify(body)).to.equal(200);
      return body.applications[0];
    };
    expect((await sync()).action).to.equal('create');
    expect((await sync()).action).to.equal('keep');
    const { body: triggered } = await api.post('/applications/filed/jobs/filed/trigger');
    expect(await hookWhen(triggered.id, isDone)).to.deep.include({ status: 'delivered' });
  });

  it('are set only by callers who can read executions, on every way', async () => {
    const writer = service.as({ sub: 'writer', permissions: ['scheduler:jobs:read', 'scheduler:jobs:write'] });
    const other = { url: `${service.target.origin}/stolen` };
    const { body: app } = await api.post('/applications', { name: 'payroll', onSuccess: hook() });
    const job = {
      ...{ applicationId: app.id, name: 'pay', pattern: '0 2 1 1 *', taskType: 'HttpInvokerTask', onFailure: hook() },
      taskConfig: { url: `${service.target.origin}/echo`, method: 'GET' },
    };
    const { body: made } = await api.post('/jobs', job);
    await api.put(`/jobs/${made.id}`, { onFailure: { ...hook('/second') } });
    await api.put(`/applications/${app.id}`, { onSuccess: hook('/second') });
    const { applicationId: _, ...named } = job;
    const files = (changed: object, own: object) => ({
      applications: [
        { application: { name: 'filed', ...changed }, jobs: [{ ...named, onFailure: undefined, ...own }] },
      ],
    });
    expect((await api.post('/bootstrap', files({ onSuccess: hook() }, { onFailure: hook() }))).status).to.equal(200);
    const events = async () =>
      (await api.get('/audit?limit=100')).body.filter(({ outcome }: { outcome: string }) => outcome === 'done').length;
    const before = await events();

    const rejected = [
      await writer.post('/jobs', { ...job, name: 'new' }),
      await writer.put(`/jobs/${made.id}`, { onFailure: other }),
      await writer.put(`/jobs/${made.id}`, { onSuccess: other }),
      await writer.put('/applications/payroll/jobs/pay', { ...named, onFailure: other }),
      await writer.put('/applications/payroll/jobs/another', { ...named, name: 'another' }),
      await writer.post(`/jobs/${made.id}/history/1/revert`),
      await writer.post('/applications', { name: 'new', onFailure: other }),
      await writer.put(`/applications/${app.id}`, { onSuccess: other }),
      await writer.put(`/applications/${app.id}`, { onFailure: other }),
      await writer.post(`/applications/${app.id}/history/1/revert`),
      await writer.post('/bootstrap', files({ onSuccess: other }, { onFailure: hook() })),
      await writer.post('/bootstrap', files({ onSuccess: hook() }, { onFailure: other })),
      await writer.post('/bootstrap', files({ onSuccess: hook() }, { onFailure: hook(), onSuccess: other })),
      await writer.post('/bootstrap?dryRun=true', files({ onFailure: other }, {})),
      await writer.post('/bootstrap', {
        applications: [{ application: { name: 'more', onFailure: other }, jobs: [] }],
      }),
      await writer.post('/bootstrap', { applications: [{ application: { name: 'more' }, jobs: [named] }] }),
    ];
    for (const [index, { status, body }] of rejected.entries()) {
      expect([status, body.code], `request ${index}`).to.deep.equal([403, 'FORBIDDEN']);
      expect(body.detail).to.contain('scheduler:executions:read');
    }
    expect(await events(), 'nothing was recorded').to.equal(before);

    const allowed = [
      await writer.put(`/jobs/${made.id}`, { description: 'with the hook that it has' }),
      await writer.put('/applications/payroll/jobs/pay', { ...named, onFailure: hook('/second') }),
      await writer.put(`/applications/${app.id}`, { displayName: 'Payroll' }),
      await writer.put(`/applications/${app.id}`, { onSuccess: hook('/second') }),
      await writer.put(`/jobs/${made.id}`, { onFailure: 'none' }),
      await writer.put(`/applications/${app.id}`, { onSuccess: null }),
      await writer.post('/bootstrap', files({ onSuccess: hook(), displayName: 'Filed' }, { onFailure: hook() })),
      await writer.post('/bootstrap', files({}, {})),
    ];
    expect(allowed.map(({ status }) => status)).to.deep.equal(allowed.map(() => 200));
  });

  it('are moved by a variable only if who sets it can read executions', async () => {
    const writer = service.as({ sub: 'writer', permissions: ['scheduler:jobs:read', 'scheduler:jobs:write'] });
    const at = `/applications/${applicationId}/variables`;
    const host = new URL(receiver.origin).host;
    for (const name of ['OWN', 'DEFAULT', 'FREE']) await api.put(`${at}/${name}`, { value: host });
    const made = await api.post('/jobs', {
      ...{ applicationId, name: 'moved', pattern: '0 2 1 1 *', taskType: 'HttpInvokerTask' },
      taskConfig: { url: `${service.target.origin}/echo`, method: 'GET' },
      onFailure: { url: 'http://${OWN}/echo?${FREE}' },
    });
    expect(made.status).to.equal(201);
    await api.put(`/applications/${applicationId}`, { onFailure: { url: 'http://${DEFAULT}/echo' } });
    const codes = async (who: Api, value: string) => [
      (await who.put(`${at}/OWN`, { value })).status,
      (await who.put(`${at}/DEFAULT`, { value })).status,
      (await who.post(`${at}/OWN/history/1/revert`)).status,
      (await who.put(`${at}/OTHER`, { value })).status,
    ];
    expect(await codes(writer, 'mine.example.com')).to.deep.equal([403, 403, 200, 200]);
    expect(await codes(api, 'ours.example.com')).to.deep.equal([200, 200, 200, 200]);
    await api.put(`/applications/${applicationId}`, { onFailure: null });
  });

  it('are rejected if a task would be, by the field', async () => {
    const job = (onFailure: unknown) => ({
      ...{ applicationId, name: 'bad', pattern: '0 2 * * *', taskType: 'HttpInvokerTask', onFailure },
      taskConfig: { url: `${service.target.origin}/echo`, method: 'GET' },
    });
    const rejections: readonly (readonly [hook: unknown, status: number, code: string, pointer: string])[] = [
      [{ url: 5 }, 400, 'BAD_INPUT', '/onFailure/url'],
      [{}, 400, 'BAD_INPUT', '/onFailure/url'],
      ['nobody', 400, 'BAD_INPUT', '/onFailure'],
      [{ ...hook(), method: 'GET' }, 400, 'BAD_INPUT', '/onFailure/method'],
      [{ ...hook(), headers: { 'a b': 'c' } }, 400, 'BAD_INPUT', '/onFailure/headers/a b'],
      [{ ...hook(), headers: { Authorization: 'Bearer abc' } }, 400, 'BAD_INPUT', '/onFailure/headers/Authorization'],
      [{ ...hook(), headers: { Host: 'x' } }, 422, 'HEADER_REJECTED', '/onFailure/headers/Host'],
      [{ url: 'http://169.254.169.254/x' }, 422, 'TARGET_BLOCKED', '/onFailure'],
      [{ url: `${receiver.origin}/${'${NOBODY}'}` }, 422, 'BAD_PARAMETER', '/onFailure/url'],
      [
        { url: 'https://elsewhere.example.com/x', headers: { 'X-Key': '${secret:TOKEN}' } },
        ...([422, 'SECRET_ORIGIN_NOT_ALLOWED', '/onFailure'] as const),
      ],
    ];
    for (const [given, status, code, pointer] of rejections) {
      for (const [path, body] of [
        ['/jobs', job(given)],
        ['/preview', job(given)],
        ...(given === 'nobody' ? [] : [['/applications', { name: 'bad', onFailure: given }] as const]),
      ] as const) {
        if (path === '/applications' && code === 'SECRET_ORIGIN_NOT_ALLOWED') continue;
        const response = await api.post(path, body);
        expect(
          [response.status, response.body.code, response.body.errors?.[0].pointer],
          `${path} ${pointer}`,
        ).to.deep.equal([status, code, pointer]);
      }
    }
  });
});
