import { expect } from 'chai';
import { type AService, aService } from '../support/a-service/a-service.ts';
import type { ApiAnswer } from '../support/api.ts';
import { describeOnLogs } from '../support/logs.ts';
import { eventsOf } from '../support/service-log.ts';

describeOnLogs('a run with input that differs from its job', (log) => {
  let service: AService;
  let jobId: number;
  const api = () => service.as();
  const told = ({ status, body }: ApiAnswer) => [
    status,
    body.code,
    ...(body.errors ?? []).map(({ pointer }: { pointer: string }) => pointer),
  ];
  const trigger = (body: object, of = jobId) => api().post(`/jobs/${of}/trigger`, body);
  const executionOf = async (id: number) => (await api().get(`/executions/${id}`)).body;
  const received = () => {
    const [last] = service.target.received.slice(-1);
    if (last === undefined) throw new Error('nothing was received');
    return last;
  };

  before(async () => {
    service = await aService().onLog(log).withApplication('crm').start();
    const at = `/applications/${service.applicationId('crm')}`;
    await api().put(`${at}/variables/STAGE`, { value: 'production' });
    await api().put(`${at}/variables/HOOKS`, { value: service.target.origin });
    await api().put(`${at}/secrets/KEY`, { value: 'a secret of the application' });
    jobId = await service.addJob({
      name: 'sync',
      pattern: '0 2 * * *',
      timezone: 'Europe/Berlin',
      path: '/echo?page=1&stage=${STAGE}#top',
      taskConfig: {
        method: 'POST',
        headers: { 'X-Mode': 'full', 'X-Api-Key': 'a key of the target' },
        body: { day: '${T:YYYY-MM-DD}', stage: '${STAGE}' },
      },
    });
  });
  beforeEach(() => service.target.forget());
  after(() => service.stop());

  it('uses the given overlap, also for reruns', async () => {
    const slow = await service.addJob({ name: 'slow', pattern: '0 2 * * *', path: '/silent' });
    const statuses = async () =>
      (await api().get(`/jobs/${slow}/executions`)).body.map(({ status }: { status: string }) => status);
    const first = await trigger({}, slow);
    await service.target.receivedAll(1);
    expect(told(await trigger({}, slow))).to.deep.equal([409, 'OVERLAP']);
    const beside = await trigger({ overlap: 'allow' }, slow);
    expect(beside.status).to.equal(202);
    await service.target.receivedAll(2);
    expect((await trigger({ overlap: 'queue' }, slow)).body.status).to.equal('pending');
    expect(told(await trigger({ overlap: 'skip' }, slow))).to.deep.equal([409, 'OVERLAP']);
    const again = await api().post(`/executions/${beside.body.id}/rerun`);
    expect(again.status, 'a rerun remembers it').to.equal(202);
    await service.target.receivedAll(3);
    expect((await api().post(`/executions/${first.body.id}/rerun`)).status).to.equal(409);
    const newest = await trigger({ overlap: 'replace' }, slow);
    await service.target.receivedAll(4);
    expect((await statuses()).filter((status: string) => status === 'running')).to.have.length(1);
    expect((await executionOf(newest.body.id)).status).to.equal('running');
    await api().post(`/executions/${newest.body.id}/cancel`);
    expect(told(await trigger({ overlap: 'never' }, slow))).to.deep.equal([400, 'BAD_INPUT', '/overlap']);
  });

  it('sends the body, headers, query and variables that it is given, for the instant that it is given', async () => {
    const input = {
      body: { only: '${T:YYYY-MM-DD}', stage: '${STAGE}' },
      headers: { 'x-mode': 'part' },
      query: { page: '7', more: 'a&b' },
      variables: { STAGE: 'test' },
      scheduledAt: '2026-01-31T23:30:00Z',
    };
    const requested = await trigger(input);
    expect([requested.status, requested.body.scheduledAt]).to.deep.equal([202, '2026-01-31T23:30:00.000Z']);
    await service.target.receivedAll(1);
    const { url, headers, body } = received();
    expect(url).to.equal('/echo?stage=test&page=7&more=a%26b');
    expect(JSON.parse(body)).to.deep.equal({ only: '2026-02-01', stage: 'test' });
    expect([headers['x-mode'], headers['x-api-key']]).to.deep.equal(['part', 'a key of the target']);
    await service.advance('1s');
    const { jobSnapshot, status } = await executionOf(requested.body.id);
    expect([status, jobSnapshot.url]).to.deep.equal(['succeeded', `${service.target.origin}${url}`]);

    await trigger({});
    await service.target.receivedAll(2);
    expect(JSON.parse(received().body), 'the job is as it was').to.include({ stage: 'production' });
    expect(received().url).to.equal('/echo?page=1&stage=production');
    await service.advance('1s');

    const rerun = await api().post(`/executions/${requested.body.id}/rerun`);
    expect(rerun.status).to.equal(202);
    await service.target.receivedAll(3);
    expect([received().url, JSON.parse(received().body)], 'a rerun repeats it').to.deep.equal([
      url,
      { only: '2026-02-01', stage: 'test' },
    ]);
    await service.advance('1s');
    const again = await api().post(`/executions/${rerun.body.id}/rerun`);
    await service.target.receivedAll(4);
    expect(received().url, 'so does a rerun of that').to.equal(url);
    expect(again.body.rerunOf).to.equal(rerun.body.id);
    await service.advance('1s');
  });

  it('retries with the given input, and shows it while waiting', async () => {
    const retried = await service.addJob({
      name: 'retried',
      pattern: '0 2 * * *',
      path: '/status?code=500&page=1',
      retry: { maxAttempts: 2, backoff: { initial: '1m', jitter: 'none' } },
    });
    const { body } = await trigger({ query: { page: '7' } }, retried);
    await service.target.receivedAll(1);
    await service.advance('1s');
    const waiting = await executionOf(body.id);
    expect([waiting.status, waiting.attempts.length]).to.deep.equal(['pending', 1]);
    expect(waiting.jobSnapshot.url).to.equal(`${service.target.origin}/status?code=***&page=7`);
    await service.advance('1m');
    expect(service.target.received.map(({ url }) => url)).to.deep.equal([
      '/status?code=500&page=7',
      '/status?code=500&page=7',
    ]);
  });

  it('is sealed if the job is, and shown nowhere', async () => {
    const confidential = await service.addJob({ name: 'confidential', pattern: '0 2 * * *', confidential: true });
    const input = { body: { iban: 'DE02 1203 0000' }, headers: { Authorization: 'Bearer of this run' } };
    const { body } = await trigger(input, confidential);
    await service.target.receivedAll(1);
    expect(received().body).to.equal(JSON.stringify(input.body));
    expect(received().headers.authorization).to.equal('Bearer of this run');
    await service.advance('1s');
    const shown = JSON.stringify(await executionOf(body.id));
    for (const text of ['DE02 1203 0000', 'Bearer of this run']) expect(shown).to.not.contain(text);
  });

  it('responds with the end if `wait` is given', async () => {
    const ended = await service.until(api().post(`/jobs/${jobId}/trigger?wait=30s`, { query: { page: '9' } }));
    expect([ended.status, ended.body.status, ended.body.result.status]).to.deep.equal([200, 'succeeded', 200]);
    const rerun = await service.until(api().post(`/executions/${ended.body.id}/rerun?wait=30s`));
    expect([rerun.status, rerun.body.rerunOf, rerun.body.status]).to.deep.equal([200, ended.body.id, 'succeeded']);
    const silent = await service.addJob({ name: 'silent', pattern: '0 2 * * *', path: '/silent' });
    const late = await service.until(api().post(`/jobs/${silent}/trigger?wait=2s`));
    expect([late.status, late.headers.get('location')]).to.deep.equal([202, `/_/scheduler/executions/${late.body.id}`]);
    const overlapping = await api().post(`/jobs/${silent}/trigger`);
    expect(told(overlapping)).to.deep.equal([409, 'OVERLAP']);
    expect(overlapping.body.detail).to.match(
      /still open, so execution \d+ was cancelled; a trigger with overlap queue, allow/,
    );
    const [, cancelled] = /so execution (\d+) was/.exec(overlapping.body.detail) ?? [];
    expect((await api().get(`/executions/${cancelled}`)).body.error.code, 'found at once').to.equal('OVERLAP');
    const sameKey = () => api().post(`/jobs/${silent}/trigger`, {}, { 'Idempotency-Key': 'once-there-is-room' });
    expect(told(await sameKey())).to.deep.equal([409, 'OVERLAP']);
    expect(told(await sameKey()), 'the key is free').to.deep.equal([409, 'OVERLAP']);
    await api().post(`/executions/${late.body.id}/cancel`);
    const begun = await sameKey();
    expect(begun.status, 'once there is room').to.equal(202);
    expect((await sameKey()).body.id).to.equal(begun.body.id);
    await api().post(`/executions/${begun.body.id}/cancel`);
    for (const wait of ['0s', '61s', '5', 'soon']) {
      expect(told(await api().post(`/jobs/${jobId}/trigger?wait=${wait}`)), wait).to.deep.equal([
        400,
        'BAD_INPUT',
        '/wait',
      ]);
    }
  });

  it('is rejected if the input changes its target, opens a secret, or cannot be sent', async () => {
    const rejected = async (input: object, of = jobId) => told(await trigger(input, of));
    expect(await rejected({ body: '${secret:KEY}' })).to.deep.equal([422, 'BAD_PARAMETER', '/body']);
    expect(await rejected({ headers: { 'X-Key': '${secret:KEY}' } })).to.deep.equal([
      422,
      'BAD_PARAMETER',
      '/headers/X-Key',
    ]);
    expect(await rejected({ body: '${NOBODY}' })).to.deep.equal([422, 'BAD_PARAMETER', '/body']);
    expect(await rejected({ headers: { Host: 'other.example' } })).to.deep.equal([
      422,
      'HEADER_REJECTED',
      '/headers/Host',
    ]);
    expect(await rejected({ variables: { 'no name': 'x' } })).to.deep.equal([400, 'BAD_INPUT', '/variables/no name']);
    expect(await rejected({ scheduledAt: 'yesterday' })).to.deep.equal([400, 'BAD_INPUT', '/scheduledAt']);
    expect(await rejected({ url: 'http://other.example' })).to.deep.equal([400, 'BAD_INPUT', '/url']);
    const moving = await service.addJob({
      name: 'moving',
      pattern: '0 2 * * *',
      taskConfig: { url: 'https://${STAGE}.example.com/', method: 'GET' },
    });
    expect(await rejected({ variables: { STAGE: 'mine' } }, moving)).to.deep.equal([400, 'BAD_INPUT', '/variables']);
    const client = await service.addJob({
      name: 'client',
      pattern: '0 2 * * *',
      taskConfig: {
        url: `${service.target.origin}/echo`,
        method: 'GET',
        auth: {
          authMethod: 'oauth2',
          tokenUrl: 'https://${STAGE}.example.com/token',
          clientId: 'carillon',
          clientSecret: '${secret:KEY}',
        },
      },
    });
    expect(await rejected({ variables: { STAGE: 'mine' } }, client)).to.deep.equal([400, 'BAD_INPUT', '/variables']);
    const head = { url: `${service.target.origin}/echo`, method: 'HEAD' };
    const bodiless = await service.addJob({ name: 'bodiless', pattern: '0 2 * * *', taskConfig: head });
    expect(await rejected({ body: 'x' }, bodiless)).to.deep.equal([400, 'BAD_INPUT', '/body']);
    expect(service.target.received).to.deep.equal([]);
  });

  it('moves no secret of a job that is changed before the run is called', async () => {
    const given = { url: `${service.target.origin}/echo`, method: 'GET' };
    const auth = { authMethod: 'oauth2', clientId: 'carillon', clientSecret: '${secret:KEY}' };
    const changed = await service.addJob({
      name: 'changed',
      pattern: '0 2 * * *',
      path: '/silent',
      overlap: 'queue',
    });
    const first = await trigger({}, changed);
    await service.target.receivedAll(1);
    const queued = await trigger({ variables: { STAGE: new URL(service.target.origin).host } }, changed);
    const taskConfig = { ...given, auth: { ...auth, tokenUrl: 'http://${STAGE}/token' } };
    expect((await api().put(`/jobs/${changed}`, { taskConfig })).status).to.equal(200);
    service.target.forget();
    await api().post(`/executions/${first.body.id}/cancel`);
    await service.advance('5s');
    const { status, error } = await executionOf(queued.body.id);
    expect([status, error.code]).to.deep.equal(['failed', 'BAD_PARAMETER']);
    expect(error.message).to.contain('the variables of this run must not decide');
    expect(service.target.received).to.deep.equal([]);
  });

  it('shows its results only to callers who can read executions', async () => {
    const only = (permission: string) => service.as({ sub: 'only', permissions: [permission] });
    const trigger = only('scheduler:jobs:trigger');
    const ended = await service.until(trigger.post(`/jobs/${jobId}/trigger?wait=30s`));
    expect([ended.status, ended.body.status, ended.body.jobSnapshot]).to.deep.equal([200, 'succeeded', null]);
    expect(ended.body).to.not.have.any.keys('result', 'progress', 'hook');
    const rerun = await service.until(trigger.post(`/executions/${ended.body.id}/rerun?wait=30s`));
    expect([rerun.status, rerun.body.status, rerun.body.result]).to.deep.equal([200, 'succeeded', undefined]);
    const silent = await service.addJob({ name: 'unread', pattern: '0 2 * * *', path: '/silent' });
    const running = await trigger.post(`/jobs/${silent}/trigger`, { body: 'what was sent' });
    const cancelled = await only('scheduler:executions:cancel').post(`/executions/${running.body.id}/cancel`);
    expect([cancelled.status, cancelled.body.status]).to.deep.equal([202, 'cancelled']);
    expect(JSON.stringify(cancelled.body)).to.not.contain('what was sent');
    expect((await executionOf(ended.body.id)).result.status).to.equal(200);
  });

  it('has secrets of its query sealed, and masked wherever the target repeats them', async () => {
    const value = 'a token of this run';
    const query = { access_token: value, page: '7' };
    const { body } = await trigger({ query });
    await service.target.receivedAll(1);
    const sent = new URL(received().url, service.target.origin).searchParams;
    expect([sent.get('access_token'), sent.get('page')]).to.deep.equal([value, '7']);
    await service.advance('1s');
    const execution = await executionOf(body.id);
    expect(execution.status).to.equal('succeeded');
    expect(execution.jobSnapshot.url).to.match(/[?&]access_token=\*\*\*(&|$)/);
    const log = JSON.stringify(await eventsOf(service.log));
    for (const text of [JSON.stringify(execution), log]) {
      for (const form of [value, encodeURIComponent(value), value.replaceAll(' ', '+')]) {
        expect(text).to.not.contain(form);
      }
    }
    const rerun = await service.until(api().post(`/executions/${body.id}/rerun?wait=30s`));
    expect([rerun.status, rerun.body.status]).to.deep.equal([200, 'succeeded']);
    expect(new URL(received().url, service.target.origin).searchParams.get('access_token')).to.equal(value);
  });

  it('moves no hook', async () => {
    const hasHook = await service.addJob({
      name: 'hasHook',
      pattern: '0 2 * * *',
      path: '/echo',
      onSuccess: { url: '${HOOKS}/hook' },
    });
    await trigger({ variables: { HOOKS: 'https://mine.example.com' } }, hasHook);
    await service.target.receivedAll(2);
    expect(service.target.received.map(({ url }) => url)).to.deep.equal(['/echo', '/hook']);
  });
});
