import { expect } from 'chai';
import type { Api } from '../support/api.ts';
import { startTestService, type TestService } from '../support/service.ts';

type Entry = {
  readonly version: number;
  readonly actor: string;
  readonly action: string;
  readonly reason?: string;
  readonly requestId: string;
  readonly changes: readonly { readonly path: string; readonly from?: unknown; readonly to?: unknown }[];
};

describe('the service: who changed what', () => {
  let service: TestService;
  let ann: Api;
  let bob: Api;
  let applicationId: number;

  before(async () => {
    service = await startTestService();
    ann = service.as();
    bob = service.as({ sub: 'bob', preferred_username: 'bob', permissions: ['scheduler:admin'] });
    applicationId = (await ann.post('/applications', { name: 'crm' })).body.id;
    await ann.put('/calendars/holidays', { dates: ['2026-12-25'] });
    await ann.put(`/applications/${applicationId}/limits/crm-api`, { parallel: 2 });
  });
  after(() => service.stop());

  const createJob = async (name: string, other: object = {}): Promise<number> => {
    const { status, body } = await ann.post('/jobs', {
      applicationId,
      name,
      pattern: '0 2 * * *',
      enabled: false,
      taskType: 'HttpInvokerTask',
      taskConfig: {
        url: 'http://127.0.0.1:9/sync',
        method: 'POST',
        headers: { 'X-Api-Key': 'a key of the target' },
        body: { full: true },
      },
      ...other,
    });
    expect(status).to.equal(201);
    return body.id;
  };
  const historyOf = async (path: string, api = ann): Promise<readonly Entry[]> => {
    const { status, body } = await api.get(`${path}/history`);
    expect(status).to.equal(200);
    return body;
  };

  describe('of a job', () => {
    it('is listed newest first, with who, why, by which request, and what', async () => {
      const id = await createJob('listed');
      const headers = { 'Carillon-Reason': 'Der%20Kunde%20schl%C3%A4ft', 'X-Request-Id': 'the-second-request' };
      const put = { pattern: '0 3 * * *', description: 'at night' };
      await bob.put(`/jobs/${id}`, put, headers);
      await ann.post(`/jobs/${id}/enable`);
      await ann.delete(`/jobs/${id}`);
      const [deleted, enabled, updated, created, ...rest] = await historyOf(`/jobs/${id}`);
      expect(rest).to.deep.equal([]);
      expect([deleted?.version, deleted?.action, deleted?.changes]).to.deep.equal([4, 'deleteJob', []]);
      expect([enabled?.action, enabled?.changes]).to.deep.equal([
        'enableJob',
        [{ path: '/enabled', from: false, to: true }],
      ]);
      const { changes, ...told } = updated ?? expect.fail('there is no second version');
      expect(told).to.include({ version: 2, actor: 'bob', action: 'updateJob', reason: 'Der Kunde schläft' });
      expect(told.requestId).to.equal('the-second-request');
      expect(changes).to.have.deep.members([
        { path: '/pattern', from: '0 2 * * *', to: '0 3 * * *' },
        { path: '/description', to: 'at night' },
      ]);
      expect(created).to.include({ version: 1, actor: 'ann', action: 'createJob' });
      expect(created?.changes.find(({ path }) => path === '/taskConfig')?.to).to.deep.include({
        headers: { 'X-Api-Key': { sealed: true } },
      });
    });

    it('comes in pages that each tell the whole change', async () => {
      const id = await createJob('paged');
      for (const minute of [1, 2, 3, 4]) await ann.put(`/jobs/${id}`, { pattern: `${minute} 2 * * *` });
      const whole = await historyOf(`/jobs/${id}`);
      const paged: Entry[] = [];
      for (let path: string | undefined = `/jobs/${id}/history?limit=2`; path !== undefined; ) {
        const { body, headers } = await ann.get(path);
        paged.push(...body);
        path = /<\/_\/scheduler(.*)>/.exec(headers.get('link') ?? '')?.[1];
      }
      expect(paged).to.deep.equal(whole);
      expect(whole.map(({ version }) => version)).to.deep.equal([5, 4, 3, 2, 1]);
      expect((await ann.get(`/jobs/${id}/history?cursor=none`)).body.code).to.equal('BAD_CURSOR');
    });

    it('is no business of other tenants, and there is none of a job that never was', async () => {
      const id = await createJob('own');
      const other = service.as({ tenant: 'acme', permissions: ['scheduler:jobs:read', 'scheduler:jobs:write'] });
      for (const asked of [
        await other.get(`/jobs/${id}/history`),
        await other.post(`/jobs/${id}/history/1/revert`),
        await ann.get('/jobs/999999/history'),
      ]) {
        expect([asked.status, asked.body.code]).to.deep.equal([404, 'JOB_NOT_FOUND']);
      }
    });
  });

  describe('a revert of a job', () => {
    const revert = (id: number, version: number, headers?: Record<string, string>) =>
      ann.post(`/jobs/${id}/history/${version}/revert`, undefined, headers);

    it('puts a version back, with its name, its secrets and what it lacked', async () => {
      const id = await createJob('first name', { labels: { team: 'red' } });
      const task = { url: 'http://127.0.0.1:9/other', method: 'GET', headers: { 'X-Api-Key': 'another key' } };
      const put = { name: 'second name', labels: null, maxLateness: '5m', taskConfig: task };
      expect((await ann.put(`/jobs/${id}`, put)).status).to.equal(200);
      const { status, body, headers } = await revert(id, 1);
      expect([status, body.name, body.labels, body.maxLateness]).to.deep.equal([
        200,
        'first name',
        { team: 'red' },
        undefined,
      ]);
      expect(headers.get('etag')).to.equal('"2"');
      const [newest] = await historyOf(`/jobs/${id}`);
      expect(newest).to.include({ version: 3, action: 'updateJob', reason: 'reverted to version 1' });
      expect(newest?.changes).to.deep.include({
        path: '/taskConfig/headers/X-Api-Key',
        from: { sealed: true },
        to: { sealed: true },
      });
      // The name that the job gave up is free again.
      await createJob('second name');
      expect((await revert(id, 2)).body.code).to.equal('NAME_TAKEN');
    });

    it('records nothing where the job is that version already', async () => {
      const id = await createJob('as it is');
      expect((await revert(id, 1)).status).to.equal(200);
      await ann.post(`/jobs/${id}/enable`);
      await ann.post(`/jobs/${id}/disable`);
      expect((await revert(id, 1)).headers.get('etag')).to.equal('"2"');
      expect(await historyOf(`/jobs/${id}`)).to.have.length(3);
    });

    it('is a change like any other: conditional, repeatable, with its reason', async () => {
      const id = await createJob('conditional');
      await ann.post(`/jobs/${id}/enable`);
      expect((await revert(id, 1, { 'If-Match': '"0"' })).status).to.equal(412);
      const headers = { 'If-Match': '"1"', 'Idempotency-Key': 'revert-once', 'Carillon-Reason': 'too%20early' };
      const [once, again] = [await revert(id, 1, headers), await revert(id, 1, headers)];
      expect([once.status, again.status]).to.deep.equal([200, 200]);
      expect(again.body).to.deep.equal(once.body);
      const [newest, ...older] = await historyOf(`/jobs/${id}`);
      expect([newest?.reason, older.length]).to.deep.equal(['too early', 2]);
    });

    it('is refused, with what to do, where a version cannot be put back', async () => {
      const id = await createJob('refused', { calendar: { exclude: ['holidays'] }, limit: 'crm-api' });
      await ann.put(`/jobs/${id}`, { calendar: null, limit: null });
      await ann.delete('/calendars/holidays');
      const gone = await revert(id, 1);
      expect([gone.status, gone.body.code]).to.deep.equal([422, 'UNKNOWN_CALENDAR']);
      expect(gone.body.errors[0].pointer).to.equal('/calendar/exclude/0');
      expect(gone.body.detail).to.contain('set it again first');
      await ann.put('/calendars/holidays', { dates: ['2026-12-25'] });
      await ann.delete(`/applications/${applicationId}/limits/crm-api`);
      expect((await revert(id, 1)).body.code).to.equal('UNKNOWN_LIMIT');
      await ann.put(`/applications/${applicationId}/limits/crm-api`, { parallel: 2 });
      expect((await revert(id, 1)).status).to.equal(200);
      expect((await revert(id, 9)).body.code).to.equal('VERSION_NOT_FOUND');
      expect((await revert(id, 0)).body.code).to.equal('BAD_ID');
      await ann.delete(`/jobs/${id}`);
      const deleted = await revert(id, 1);
      expect([deleted.status, deleted.body.code]).to.deep.equal([409, 'JOB_DELETED']);
    });

    it('is refused where the secrets of the version were erased', async () => {
      const own = (await ann.post('/applications', { name: 'erasing' })).body.id;
      const id = await createJob('erased', { applicationId: own });
      await ann.put(`/jobs/${id}`, { taskConfig: { url: 'http://127.0.0.1:9/sync', method: 'GET' } });
      expect((await ann.post(`/applications/${own}/secrets/erase`)).status).to.equal(200);
      const { status, body } = await revert(id, 1);
      expect([status, body.code]).to.deep.equal([422, 'SECRET_KEEP_REFUSED']);
      expect(body.errors[0].pointer).to.equal('/taskConfig/headers/X-Api-Key');
    });
  });
});
