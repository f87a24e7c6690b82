import { expect } from 'chai';
import pg from 'pg';
import { type AService, aService } from '../support/a-service/a-service.ts';

/** What is sent, and the field that the problem must name: of each kind of check one or two, whose own tests try the rest. */
const bad: readonly [what: string, change: Readonly<Record<string, unknown>>, pointer: string, status: number][] = [
  ['a number for a name', { name: 7 }, '/name', 400],
  ['a name that is shown backwards', { name: 'report\u202Egpj.exe' }, '/name', 400],
  ['a name with a zero-width space', { name: 'nightly\u200Bsync' }, '/name', 400],
  ['a label that is shown backwards', { labels: { team: 'a\u202Eb' } }, '/labels/team', 400],
  ['an unknown field', { colour: 'red' }, '/colour', 400],
  ['another task type', { taskType: 'SqlTask' }, '/taskType', 400],
  ['a bad pattern', { pattern: '61 * * * *' }, '/pattern', 422],
  ['a pattern that never fires', { pattern: '0 0 30 2 *' }, '/pattern', 422],
  ['an end of slots without a schedule', { pattern: undefined, endAt: '2999-01-01T00:00:00Z' }, '/endAt', 422],
  ['a pattern beside a schedule', { schedule: { every: '1d' } }, '/pattern', 422],
  ['an instant that has passed', { pattern: undefined, schedule: { at: '2020-01-01T00:00:00Z' } }, '/schedule/at', 422],
  [
    'an instant before startAt',
    { pattern: undefined, schedule: { at: '2999-01-01T00:00:00Z' }, startAt: '2999-01-02T00:00:00Z' },
    '/startAt',
    422,
  ],
  [
    'an instant at endAt',
    { pattern: undefined, schedule: { at: '2999-01-01T00:00:00Z' }, endAt: '2999-01-01T00:00:00Z' },
    '/schedule/at',
    422,
  ],
  ['an interval below a second', { pattern: undefined, schedule: { every: '999ms' } }, '/schedule/every', 422],
  ['a number for an interval', { pattern: undefined, schedule: { every: 90 } }, '/schedule/every', 400],
  [
    'an instant without an offset',
    { pattern: undefined, schedule: { at: '2999-01-01T00:00:00' } },
    '/schedule/at',
    400,
  ],
  ['a schedule of nothing', { pattern: undefined, schedule: {} }, '/schedule', 400],
  [
    'a schedule of both',
    { pattern: undefined, schedule: { at: '2999-01-01T00:00:00Z', every: '1d' } },
    '/schedule',
    400,
  ],
  ['a schedule of another kind', { pattern: undefined, schedule: { cron: '* * * * *' } }, '/schedule/cron', 400],
  ['a text for a schedule', { pattern: undefined, schedule: '90s' }, '/schedule', 400],
  ['an unknown zone', { timezone: 'Mars/Base' }, '/timezone', 422],
  ['an unknown application', { applicationId: 999_999 }, '/applicationId', 422],
  ['a bad application id', { applicationId: '1' }, '/applicationId', 400],
  ['a header name that is none', { headers: { 'a b': 'c' } }, '/taskConfig/headers/a b', 400],
  ['a header that contradicts the URL', { headers: { hOsT: 'admin.internal' } }, '/taskConfig/headers/hOsT', 422],
  ['an unknown method', { method: 'BREW' }, '/taskConfig/method', 400],
  ['a timeout beyond half an hour', { timeout: 1_800_001 }, '/taskConfig/timeout', 400],
  ['a timeout of 31 minutes', { timeout: '31m' }, '/taskConfig/timeout', 400],
  ['a text of a timeout beyond the operator’s largest', { timeout: '11m' }, '/taskConfig/timeout', 422],
  ['a timeout beyond the operator’s largest', { timeout: 600_001 }, '/taskConfig/timeout', 422],
  ['url beside endpoint', { url: 'https://example.com/' }, '/taskConfig/url', 400],
  ['a private address', { endpoint: 'http://10.0.0.1' }, '/taskConfig', 422],
  ['a metadata address', { endpoint: 'http://169.254.169.254' }, '/taskConfig', 422],
  ['another scheme', { endpoint: 'file:///etc' }, '/taskConfig', 422],
  ['an unknown parameter', { body: { a: '${T:' } }, '/taskConfig/body/a', 422],
  ['another overlap', { overlap: 'wait' }, '/overlap', 400],
  ['a retention of a month', { retention: { maxAge: '31d' } }, '/retention/maxAge', 400],
  ['a retention of eleven years', { retention: { maxAge: '4000d' } }, '/retention/maxAge', 400],
  ['a retention without an age', { retention: { keepLast: 5 } }, '/retention/maxAge', 400],
  ['a retention that keeps none', { retention: { maxAge: '90d', keepLast: 0 } }, '/retention/keepLast', 400],
  ['an unknown field of a retention', { retention: { maxAge: '90d', last: 5 } }, '/retention/last', 400],
  ['a text for a retention', { retention: '90d' }, '/retention', 400],
  ['a limit of late slots that are not called', { misfireLimit: 5 }, '/misfireLimit', 422],
  [
    'a secret kept where none is',
    { auth: { authMethod: 'bearer', token: { sealed: true } } },
    '/taskConfig/auth/token',
    422,
  ],
];
const OF_TASK = new Set(['headers', 'method', 'timeout', 'url', 'endpoint', 'body', 'auth']);

describe('the service: bad input', () => {
  let service: AService;
  let applicationId: number;
  let events: pg.Client;
  const api = () => service.as();

  before(async () => {
    service = await aService().withSettings({ MAX_TIMEOUT: '10m' }).withApplication('crm').start();
    applicationId = service.applicationId('crm');
    events = new pg.Client({ connectionString: service.databaseUrl });
    await events.connect();
  });
  after(async () => {
    await events.end();
    await service.stop();
  });

  const jobEvents = async (): Promise<unknown> =>
    (await events.query(`select count(*) from log_events where stream like 'job%'`)).rows;

  it('takes headers that tell where a request came from, and states that they are not sent', async () => {
    const headers = { Forwarded: 'for=127.0.0.1', 'X-Forwarded-Host': 'admin.internal', 'X-Plain': 'p' };
    const taskConfig = { url: `${service.url}/healthz`, method: 'GET', headers };
    const job = { name: 'forwarded', applicationId, pattern: '@yearly', taskType: 'HttpInvokerTask', taskConfig };
    const created = await api().post('/jobs', job);
    expect(created.status).to.equal(201);
    expect(created.headers.get('carillon-warning'))
      .to.contain('the header Forwarded cannot be set')
      .and.contain('the header X-Forwarded-Host cannot be set')
      .and.not.contain('X-Plain');
    await api().delete(`/jobs/${created.body.id}`);
  });

  for (const [what, change, pointer, status] of bad) {
    it(`rejects ${what}, names the field, and writes nothing`, async () => {
      const [key = ''] = Object.keys(change);
      const task = { endpoint: 'https://example.com', path: '/x', method: 'GET' };
      const body = {
        applicationId,
        name: 'ok',
        pattern: '0 2 * * *',
        taskType: 'HttpInvokerTask',
        ...(OF_TASK.has(key) ? { taskConfig: { ...task, ...change } } : { taskConfig: task, ...change }),
      };
      const before = await jobEvents();
      const answer = await api().post('/jobs', body);
      expect(answer.status).to.equal(status);
      expect(answer.headers.get('content-type')).to.contain('application/problem+json');
      expect(answer.body.errors.map((error: { pointer: string }) => error.pointer)).to.include(pointer);
      expect(await jobEvents()).to.deep.equal(before);
    });
  }

  it('rejects what a change would contradict, names both fields, and writes nothing', async () => {
    const taskConfig = { url: 'https://example.com', method: 'GET' };
    const late = { misfire: 'all', misfireLimit: 5 };
    const job = { name: 'late', applicationId, pattern: '@yearly', taskType: 'HttpInvokerTask', taskConfig, ...late };
    const { body: created } = await api().post('/jobs', job);
    const before = await jobEvents();
    const { status, body } = await api().put(`/jobs/${created.id}`, { misfire: 'skip' });
    expect([status, body.code, body.detail]).to.deep.equal([
      422,
      'BAD_COMBINATION',
      '/misfireLimit: needs misfire "all"',
    ]);
    expect(await jobEvents()).to.deep.equal(before);
    expect((await api().put(`/jobs/${created.id}`, { misfire: 'skip', misfireLimit: null })).status).to.equal(200);
  });

  for (const [path, status] of [
    ['/jobs/123456', 404],
    ['/executions/123456', 404],
    ['/executions?status=odd', 400],
    ['/jobs?state=active,odd', 400],
    ['/nothing', 404],
  ] as const) {
    it(`answers GET ${path} with ${status}`, async () => {
      expect((await api().get(path)).status).to.equal(status);
    });
  }
});
