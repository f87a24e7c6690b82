import { expect } from 'chai';
import pg from 'pg';
import { type AService, aService } from '../support/a-service/a-service.ts';

/** One input for each kind of check, and the field that the problem names; unit tests have the others. */
const bad: readonly [what: string, change: Readonly<Record<string, unknown>>, pointer: string, status: number][] = [
  ['a number for a name', { name: 7 }, '/name', 400],
  ['an unknown field', { colour: 'red' }, '/colour', 400],
  ['another task type', { taskType: 'SqlTask' }, '/taskType', 400],
  ['a bad pattern', { pattern: '61 * * * *' }, '/pattern', 422],
  ['a pattern that never fires', { pattern: '0 0 30 2 *' }, '/pattern', 422],
  ['an end of slots without a schedule', { pattern: undefined, endAt: '2999-01-01T00:00:00Z' }, '/endAt', 422],
  ['an unknown application', { applicationId: 999_999 }, '/applicationId', 422],
  ['a header that contradicts the URL', { headers: { hOsT: 'admin.internal' } }, '/taskConfig/headers/hOsT', 422],
  ['a timeout beyond the operator’s largest', { timeout: '11m' }, '/taskConfig/timeout', 422],
  ['a private address', { endpoint: 'http://10.0.0.1' }, '/taskConfig', 422],
  ['an unknown parameter', { body: { a: '${T:' } }, '/taskConfig/body/a', 422],
  ['rules that contradict each other', { misfireLimit: 5 }, '/misfireLimit', 422],
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

  it('warns of headers that are not sent', async () => {
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
      const response = await api().post('/jobs', body);
      expect(response.status).to.equal(status);
      expect(response.headers.get('content-type')).to.contain('application/problem+json');
      expect(response.body.errors.map((error: { pointer: string }) => error.pointer)).to.include(pointer);
      expect(await jobEvents()).to.deep.equal(before);
    });
  }
});
