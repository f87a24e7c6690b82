import { expect } from 'chai';
import { type AService, aService } from '../support/a-service/a-service.ts';
import { type Api, apiClient } from '../support/api.ts';

type Entry = {
  readonly version: number;
  readonly actor: string;
  readonly action: string;
  readonly reason?: string;
  readonly requestId: string;
  readonly changes: readonly { readonly path: string; readonly from?: unknown; readonly to?: unknown }[];
};

describe('the service: who changed what', () => {
  let service: AService;
  let ann: Api;
  let bob: Api;
  let applicationId: number;

  before(async () => {
    service = await aService().withApplication('crm').start();
    ann = service.as();
    bob = service.as({ sub: 'bob', preferred_username: 'bob', permissions: ['scheduler:admin'] });
    applicationId = service.applicationId('crm');
    await ann.put('/calendars/holidays', { dates: ['2026-12-25'] });
    await ann.put(`/applications/${applicationId}/limits/crm-api`, { parallel: 2 });
  });
  after(() => service.stop());

  const createJob = (name: string, other: object = {}): Promise<number> => {
    const headers = { 'X-Api-Key': 'a key of the target' };
    const taskConfig = { url: 'http://127.0.0.1:9/sync', method: 'POST', headers, body: { full: true } };
    return service.addJob({ name, pattern: '0 2 * * *', enabled: false, taskConfig, ...other });
  };
  const historyOf = async (path: string, api = ann): Promise<readonly Entry[]> => {
    const { status, body } = await api.get(`${path}/history`);
    expect(status).to.equal(200);
    return body;
  };

  describe('of a job', () => {
    it('decodes the reason of a header, and keeps invalid escapes', async () => {
      const id = await createJob('reasons');
      for (const [sent, recorded] of [
        ['t%C3%A4glich, 100 % sicher', 'täglich, 100 % sicher'],
        ['%c3%a4 %C3 %zz %2', 'ä %C3 %zz %2'],
        ['100%25', '100%'],
      ] as const) {
        await bob.post(`/jobs/${id}/enable`, undefined, { 'Carillon-Reason': sent });
        expect((await historyOf(`/jobs/${id}`))[0]?.reason).to.equal(recorded);
        await bob.post(`/jobs/${id}/disable`);
      }
    });

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

    it('has complete changes on every page', async () => {
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

    it('records nothing if the job has that version already', async () => {
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

    it('is rejected with a remedy if a version cannot be restored', async () => {
      const id = await createJob('rejected', { calendar: { exclude: ['holidays'] }, limit: 'crm-api' });
      await ann.put(`/jobs/${id}`, { calendar: null, limit: null });
      await ann.delete('/calendars/holidays');
      const gone = await revert(id, 1);
      expect([gone.status, gone.body.code]).to.deep.equal([422, 'UNKNOWN_CALENDAR']);
      expect(gone.body.errors[0].pointer).to.equal('/calendar/exclude/0');
      expect(gone.body.detail).to.contain('first set it again, or update the job with PUT');
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

    it('is rejected if the secrets of the version were erased', async () => {
      const own = (await ann.post('/applications', { name: 'erasing' })).body.id;
      const id = await createJob('erased', { applicationId: own });
      await ann.put(`/jobs/${id}`, { taskConfig: { url: 'http://127.0.0.1:9/sync', method: 'GET' } });
      expect((await ann.post(`/applications/${own}/secrets/erase`)).status).to.equal(200);
      const { status, body } = await revert(id, 1);
      expect([status, body.code]).to.deep.equal([422, 'SECRET_NOT_REUSABLE']);
      expect(body.errors[0].pointer).to.equal('/taskConfig/headers/X-Api-Key');
    });
  });

  describe('of what jobs name', () => {
    const revert = (path: string, version: number) => ann.post(`${path}/history/${version}/revert`);

    it('shows the values of a variable, even after its deletion, and reverts to one', async () => {
      const path = `/applications/${applicationId}/variables/HOST`;
      await ann.put(path, { value: 'one.example' });
      await bob.put(path, { value: 'two.example' }, { 'Carillon-Reason': 'moved' });
      await ann.delete(path);
      const [deleted, changed, created] = await historyOf(path);
      expect(deleted?.changes).to.deep.equal([{ path: '/value', from: 'two.example' }]);
      expect(changed).to.include({ version: 2, actor: 'bob', action: 'setApplicationVariable', reason: 'moved' });
      expect(changed?.changes).to.deep.equal([{ path: '/value', from: 'one.example', to: 'two.example' }]);
      expect(created?.changes).to.deep.equal([{ path: '/value', to: 'one.example' }]);
      expect((await revert(path, 3)).body.code).to.equal('VERSION_NOT_FOUND');
      expect((await revert(path, 1)).body.value).to.equal('one.example');
      await revert(path, 1);
      expect((await historyOf(path)).map(({ version }) => version)).to.deep.equal([4, 3, 2, 1]);
      const [page] = (await ann.get(`${path}/history?limit=1`)).body;
      expect(page.changes).to.deep.equal([{ path: '/value', to: 'one.example' }]);
    });

    it('shows that a secret changed, never its value', async () => {
      const path = `/applications/${applicationId}/secrets/KEY`;
      await ann.put(path, { value: 'the first secret' });
      await ann.put(path, { value: 'the second secret', allowedOrigins: ['https://api.example'] });
      const told = await historyOf(path);
      const mask = { sealed: true };
      expect(told.map(({ changes }) => changes)).to.deep.equal([
        [
          { path: '/value', from: mask, to: mask },
          { path: '/allowedOrigins', to: ['https://api.example'] },
        ],
        [{ path: '/value', to: mask }],
      ]);
      expect((await revert(path, 1)).status).to.equal(404);
    });

    it('shows and reverts changes of limits, applications and calendars', async () => {
      const limit = `/applications/${applicationId}/limits/erp-api`;
      await ann.put(limit, { parallel: 2 });
      await ann.put(limit, { rate: { count: 5, per: '1m' } });
      expect((await historyOf(limit))[0]?.changes).to.deep.equal([
        { path: '/parallel', from: 2 },
        { path: '/rate', to: { count: 5, per: '1m' } },
      ]);
      expect((await revert(limit, 1)).body)
        .to.include({ name: 'erp-api', parallel: 2 })
        .and.not.have.property('rate');

      await ann.put(`/applications/${applicationId}`, { displayName: 'The CRM' });
      const [renamed] = await historyOf(`/applications/${applicationId}`);
      expect(renamed?.changes).to.deep.equal([{ path: '/displayName', from: 'crm', to: 'The CRM' }]);
      expect((await revert(`/applications/${applicationId}`, 1)).body.displayName).to.equal('crm');

      await ann.put('/calendars/closing-days', { dates: ['2026-12-24'] });
      await ann.put('/calendars/closing-days', { dates: ['2026-12-31'], description: 'the last one' });
      expect((await historyOf('/calendars/closing-days'))[0]?.changes).to.deep.equal([
        { path: '/dates', from: ['2026-12-24'], to: ['2026-12-31'] },
        { path: '/description', to: 'the last one' },
      ]);
      const { body } = await revert('/calendars/closing-days', 1);
      expect([body.dates, body.description]).to.deep.equal([['2026-12-24'], undefined]);
      const other = service.as({ tenant: 'acme', permissions: ['scheduler:jobs:read', 'scheduler:jobs:write'] });
      expect((await other.get('/calendars/closing-days/history')).body.code).to.equal('CALENDAR_NOT_FOUND');
      expect((await other.post('/calendars/closing-days/history/1/revert')).body.code).to.equal('VERSION_NOT_FOUND');
    });

    it('returns reverted resources to the bootstrap files that set them', async () => {
      const files = (application: object) => ({
        applications: [{ application: { name: 'filed', ...application } }],
      });
      const first = {
        displayName: 'Filed',
        variables: { HOST: 'one.example' },
        limits: { api: { parallel: 2 } },
        calendars: { 'filed-days': { dates: ['2026-12-24'] } },
      };
      const second = {
        displayName: 'Filed again',
        variables: { HOST: 'three.example' },
        limits: { api: { parallel: 4 } },
        calendars: { 'filed-days': { dates: ['2026-12-26'] } },
      };
      const admin = service.as();
      const actionsOf = async (given: object, query = '?dryRun=true'): Promise<string[]> => {
        const { status, body } = await admin.post(`/bootstrap${query}`, files(given));
        expect(status, JSON.stringify(body)).to.equal(200);
        const [{ action, resources }] = body.applications;
        return [action, ...resources.map((each: { action: string }) => each.action)];
      };
      expect(await actionsOf(first, '')).to.deep.equal(['create', 'create', 'create', 'create']);
      const at = `/applications/${(await admin.get('/applications/filed')).body.id}`;
      const changes: readonly (readonly [path: string, changed: object, back: object])[] = [
        [at, { displayName: 'By hand' }, { displayName: 'Filed' }],
        [`${at}/variables/HOST`, { value: 'two.example' }, { value: 'one.example' }],
        [`${at}/limits/api`, { parallel: 3 }, { parallel: 2 }],
        ['/calendars/filed-days', { dates: ['2026-12-25'] }, { dates: ['2026-12-24'] }],
      ];
      for (const isPutBack of [false, true]) {
        for (const [path, changed, back] of changes) {
          expect((await admin.put(path, changed)).status).to.equal(200);
          if (isPutBack) await admin.put(path, back);
        }
        expect(await actionsOf(second)).to.deep.equal(['skip', 'skip', 'skip', 'skip']);
        for (const [path, , back] of changes) {
          const { status, body } = await revert(path, 1);
          expect(status, JSON.stringify(body)).to.equal(200);
          expect(body).to.deep.include({ ...back, updatedBy: 'bootstrap:filed' });
          const [newest] = await historyOf(path);
          expect(newest).to.include({ actor: 'ann', reason: 'reverted to version 1' });
        }
        expect(await actionsOf(second)).to.deep.equal(['update', 'update', 'update', 'update']);
      }
    });

    it('shows who set and ended a pause, for the installation to every tenant', async () => {
      const { body: pause } = await ann.post('/pauses', { scope: 'target', of: 'nobody.example', reason: 'repairs' });
      await bob.delete(`/pauses/${pause.id}`);
      const [lifted, set] = await historyOf(`/pauses/${pause.id}`);
      expect([lifted?.actor, lifted?.action, lifted?.changes[0]?.path]).to.deep.equal([
        'bob',
        'liftPause',
        '/liftedAt',
      ]);
      expect([set?.actor, set?.changes[0]]).to.deep.equal(['ann', { path: '/scope', to: 'target' }]);
      const other = service.as({ tenant: 'acme', permissions: ['scheduler:jobs:read'] });
      expect((await other.get(`/pauses/${pause.id}/history`)).body.code).to.equal('PAUSE_NOT_FOUND');
      const { body: everybodys } = await ann.post('/pauses', { scope: 'installation' });
      await ann.delete(`/pauses/${everybodys.id}`);
      expect(await historyOf(`/pauses/${everybodys.id}`, other)).to.have.length(2);
    });
  });

  describe('of a tenant, as its audit lists it', () => {
    type Listed = {
      readonly at: string;
      readonly actor?: string;
      readonly sub?: string;
      readonly action?: string;
      readonly of: { readonly kind?: string; readonly id?: number; readonly name?: string; readonly path?: string };
      readonly outcome: string;
      readonly code?: string;
      readonly reason?: string;
      readonly requestId: string;
      readonly from?: string;
      readonly count?: number;
    };
    const auditor = (tenant: string) => service.as({ tenant, permissions: ['scheduler:audit:read'] });
    const audit = async (query = '', tenant = 'audited'): Promise<readonly Listed[]> => {
      const { status, body } = await auditor(tenant).get(`/audit?limit=500${query}`);
      expect(status).to.equal(200);
      return body;
    };
    const eve = () => service.as({ sub: 'eve', preferred_username: 'eve', tenant: 'audited', permissions: [] });
    let jobId: number;
    let own: number;

    before(async () => {
      const owner = service.as({
        sub: 'idp|7',
        preferred_username: 'olga',
        tenant: 'audited',
        permissions: ['scheduler:tenant:admin'],
      });
      own = (await owner.post('/applications', { name: 'audited' })).body.id;
      await owner.put(`/applications/${own}/variables/HOST`, { value: 'x' }, { 'Carillon-Reason': 'needed' });
      const job = {
        applicationId: own,
        name: 'audited job',
        pattern: '0 2 * * *',
        taskType: 'HttpInvokerTask',
        taskConfig: { url: 'http://127.0.0.1:9/sync', method: 'GET' },
      };
      jobId = (await owner.post('/jobs', job, { 'X-Request-Id': 'the-creation' })).body.id;
      await owner.post(`/jobs/${jobId}/trigger`);
      await owner.post('/jobs', { ...job, name: 'blocked', taskConfig: { url: 'http://10.0.0.1/', method: 'GET' } });
      await owner.post('/jobs/bulk', { action: 'disable', filter: { name: 'nobody' } });
      for (let each = 0; each < 3; each++) await eve().delete(`/jobs/${jobId}`, { 'X-Request-Id': `eve-${each}` });
      await service.eventually(async () => ((await audit('&code=FORBIDDEN')).length > 0 ? true : undefined));
    });

    it('has changes and rejections alike, newest first', async () => {
      const entries = await audit('&to=2100-01-01T00:00:00Z');
      const told = entries.map(({ actor, action, outcome, code }) => [actor, action, outcome, code ?? '']);
      expect(told).to.have.deep.members([
        ['olga', 'createApplication', 'done', ''],
        ['olga', 'setApplicationVariable', 'done', ''],
        ['olga', 'createJob', 'done', ''],
        ['olga', 'triggerJob', 'done', ''],
        ['olga', 'createJob', 'rejected', 'TARGET_BLOCKED'],
        ['olga', 'bulkUpdateJobs', 'done', ''],
        ['eve', 'deleteJob', 'rejected', 'FORBIDDEN'],
      ]);
      expect(entries.map(({ at }) => at)).to.deep.equal(
        entries
          .map(({ at }) => at)
          .sort()
          .reverse(),
      );
      const created = entries.find(({ requestId }) => requestId === 'the-creation');
      expect(created?.sub).to.equal('idp|7');
      expect(created?.of).to.deep.equal({ kind: 'job', id: jobId, name: 'audited job', applicationId: own });
      const rejected = entries.find(({ code }) => code === 'FORBIDDEN');
      expect(rejected).to.include({ count: 3, from: '127.0.0.1', requestId: 'eve-0' });
      expect(rejected?.of).to.deep.equal({ path: `/_/scheduler/jobs/${jobId}` });
    });

    it('is filtered by who, what, how it ended and when, and read page by page', async () => {
      const all = await audit();
      const actions = async (query: string) => (await audit(query)).map(({ action }) => action);
      expect(await actions('&actor=eve')).to.deep.equal(['deleteJob']);
      expect(await actions('&action=createJob&outcome=done')).to.have.length(1);
      expect(await actions('&outcome=rejected')).to.have.length(2);
      expect(await actions('&code=TARGET_BLOCKED')).to.deep.equal(['createJob']);
      expect(await actions(`&applicationId=${own}`)).to.have.length(4);
      const middle = all[3]?.at ?? '';
      expect(await audit(`&from=${middle}`)).to.deep.equal(all.filter(({ at }) => at >= middle));
      expect(await audit(`&to=${middle}`)).to.deep.equal(all.filter(({ at }) => at < middle));
      const paged: Listed[] = [];
      for (let path: string | undefined = '/audit?limit=2'; path !== undefined; ) {
        const { body, headers } = await auditor('audited').get(path);
        paged.push(...body);
        path = /<\/_\/scheduler(.*)>/.exec(headers.get('link') ?? '')?.[1];
      }
      expect(paged).to.deep.equal(all);
    });

    it('lists requests of unknown callers for the installation alone', async () => {
      const nobody = apiClient(service.url, 'no token');
      expect((await nobody.get('/jobs')).status).to.equal(401);
      const found = await service.eventually(async () => {
        const { body } = await ann.get('/audit?tenant=*&code=TOKEN_REJECTED');
        return body.length > 0 ? body : undefined;
      });
      expect(found[0]).to.deep.include({ action: 'listJobs', outcome: 'rejected', of: {}, from: '127.0.0.1' });
      expect(await audit('&code=TOKEN_REJECTED')).to.deep.equal([]);
    });
  });

  describe('as of an instant', () => {
    it('shows a job, a list, an execution and the statistics as they were', async () => {
      const tenant = 'then';
      const api = service.as({ tenant, permissions: ['scheduler:tenant:admin'] });
      const { body: application } = await api.post('/applications', { name: 'then' });
      const { body: job } = await api.post('/jobs', {
        applicationId: application.id,
        name: 'as it was',
        pattern: '0 2 1 1 *',
        taskType: 'HttpInvokerTask',
        taskConfig: { url: `${service.target.origin}/status?code=500&after=1000`, method: 'GET' },
      });
      const [created] = (await api.get(`/jobs/${job.id}/history`)).body;
      const { body: execution } = await api.post(`/jobs/${job.id}/trigger`);
      await service.eventually(async () => {
        const { body } = await api.get(`/executions/${execution.id}`);
        return body.status === 'failed' ? body : undefined;
      });
      await api.put(`/applications/${application.id}`, { name: 'now' });
      await api.put(`/jobs/${job.id}`, { name: 'as it is', enabled: false });
      const { at } = (await api.get('/audit?action=triggerJob')).body[0];
      const requested = async (path: string, asOf: string) => (await api.get(`${path}asOf=${asOf}`)).body;

      expect(await requested(`/jobs/${job.id}?`, created.at)).to.deep.include({
        name: 'as it was',
        enabled: true,
        lastExecution: null,
        application: { id: application.id, name: 'then', displayName: 'then' },
      });
      expect(
        (await requested('/jobs?enabled=true&', created.at)).map(({ name }: { name: string }) => name),
      ).to.deep.equal(['as it was']);
      expect(await requested('/jobs?enabled=false&', created.at)).to.deep.equal([]);
      expect((await requested(`/executions/${execution.id}?`, created.at)).code).to.equal('EXECUTION_NOT_FOUND');
      expect((await requested(`/executions/${execution.id}?`, at)).status).to.equal('running');
      expect((await requested('/executions?status=running&', at)).map(({ id }: { id: number }) => id)).to.deep.equal([
        execution.id,
      ]);
      expect(await requested('/executions?status=failed&', at)).to.deep.equal([]);
      expect(await requested(`/jobs/${job.id}/executions?`, created.at)).to.deep.equal([]);
      expect((await requested('/stats?', at)).executions).to.include({ running: 1, failed: 0, last24h: 1 });
      const { at: newest } = (await api.get('/audit')).body[0];
      expect((await requested('/stats?', newest)).executions).to.include({ running: 0, failed: 1 });
      expect((await api.get(`/jobs/${job.id}/occurrences?asOf=${created.at}`)).body).to.deep.equal([]);
      await api.delete(`/jobs/${job.id}`);
      expect((await api.get(`/jobs/${job.id}`)).status).to.equal(404);
      expect((await requested(`/jobs/${job.id}?`, at)).name).to.equal('as it was');
    });

    it('rejects what is no instant, is still to come, was before the log, or is not kept', async () => {
      const { at } = (await ann.get('/audit')).body[0];
      for (const [path, pointer] of [
        ['/jobs?asOf=yesterday', '/asOf'],
        ['/jobs?asOf=2026-01-01T00:00:00', '/asOf'],
        ['/executions?asOf=2999-01-01T00:00:00Z', '/asOf'],
        ['/stats?asOf=2000-01-01T00:00:00Z', '/asOf'],
        ['/occurrences?asOf=2000-01-01T00:00:00Z', '/asOf'],
        ['/executions/1?asOf=', '/asOf'],
        [`/jobs?sort=name&asOf=${at}`, '/sort'],
        [`/jobs?lastStatus=failed&asOf=${at}`, '/lastStatus'],
        [`/jobs?state=failing&asOf=${at}`, '/state'],
        [`/applications?asOf=${at}`, '/asOf'],
      ]) {
        const { status, body } = await ann.get(path ?? '');
        expect([path, status, body.errors?.[0].pointer]).to.deep.equal([path, 400, pointer]);
      }
    });
  });
});
