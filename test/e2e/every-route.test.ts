import { expect } from 'chai';
import { z } from 'zod';
import { PERMISSIONS } from '../../src/domain/permissions.ts';
import { EXAMPLES } from '../../src/http/openapi/examples.ts';
import { COMPLETION_TOKEN, isChange, type Route, takesAllTenants, takesKey } from '../../src/http/route.ts';
import { EXPORT_KINDS, type ExportLine } from '../../src/http/routes/tenants.ts';
import { type AService, aService } from '../support/a-service/a-service.ts';
import { type Api, apiClient } from '../support/api.ts';
import { describeOnLogs } from '../support/logs.ts';
import { allRoutes, nameOf } from '../support/routes.ts';

/** Routes that a test has to send in an order, or whose objects are nobody's own. */
const OF_EVERYBODY = new Set([
  'POST /projections/:name/rebuild',
  'GET /tenants/:tenant',
  'DELETE /tenants/:tenant',
  'GET /tenants/:tenant/export',
  'POST /projections/:name/verify',
  'PUT /calendars/:name',
  'PUT /alert-rules/:name',
  'PUT /views/:name',
  'DELETE /users/:sub/sessions',
]);
const ENDS = new Set([
  'DELETE /jobs/:id',
  'DELETE /applications/:application/jobs/:job',
  'DELETE /applications/:id',
  'DELETE /applications/:id/variables/:name',
  'DELETE /applications/:id/secrets/:name',
  'DELETE /applications/:id/limits/:name',
  'DELETE /applications/:id/tls/:name',
  'DELETE /calendars/:name',
  'DELETE /pauses/:id',
  'DELETE /tokens/:id',
  'DELETE /alert-rules/:name',
  'DELETE /views/:name',
]);
/** A second request like the first is rejected by these; every other one is answered as the first was. */
const AGAIN: Readonly<Record<string, string>> = {
  'POST /jobs': 'NAME_TAKEN',
  'POST /applications': 'NAME_TAKEN',
  'POST /alert-rules/:name/test': 'TOO_MANY_TEST_CALLS',
};
/** What these end is shown in a list, by another query, or nowhere. */
const ENDED = new Set(['/tokens/:id', '/users/:sub/sessions', '/tenants/:tenant']);
/** What `:name` stands for under each path; of an application, NAME. */
const NAMES: Readonly<Record<string, string>> = {
  projections: 'jobs',
  calendars: 'holidays',
  'alert-rules': 'slow',
  views: 'failing',
};

/** Routes that take an application without jobs. */
const OF_UNUSED = new Set(['DELETE /applications/:id']);

/** Routes that take an execution whose call is under way. */
const OF_RUNNING = new Set(['POST /executions/:id/cancel']);

/** Lists that hold what is of a bound token's applications alone. */
const NARROWED = [
  '/applications',
  '/jobs',
  '/jobs/summaries',
  '/executions',
  '/occurrences',
  '/backfills',
  '/queues',
  '/operations',
  '/alert-rules',
  '/alerts',
  '/audit',
];

/** What these cannot be asked without. */
const QUERIES: Readonly<Record<string, string>> = {
  '/jobs/:id/occurrences/days': 'month=2026-01',
  '/applications/:application/jobs/:job/occurrences/days': 'month=2026-01',
  '/audit/consistency': 'older=1',
};
const OF_A_DAY = new Set(['/occurrences', '/audit/explain', '/audit/export']);
const DAY_MS = 86_400_000;

/** The target of a call asks for these, with the token of the call: callback.test.ts. */
/** What tells counts of a bound token's applications alone. */
const COUNTED = new Set(['/upcoming', '/stats', '/stats/hours', '/stats/jobs', '/attention']);
const numbersIn = (told: unknown): number[] => {
  if (typeof told === 'number') return [told];
  return typeof told === 'object' && told !== null ? Object.values(told).flatMap(numbersIn) : [];
};
const sumOf = (told: unknown): number => numbersIn(told).reduce((sum, each) => sum + each, 0);
const areNone = (numbers: readonly number[]): boolean => numbers.every((each) => each === 0);

type AuditEntry = { readonly of: { readonly applicationId?: number } };

/** Lists that come in pages. */
const isPaged = ({ method, query }: Route): boolean =>
  method === 'get' && query instanceof z.ZodObject && 'cursor' in query.shape;

const isMadeOnce = (route: Route): boolean => takesKey(route) && route.showsSecret !== true;

/** The stream of events does not end: events.test.ts. */
const guardedRoutes = allRoutes.filter((route) => route.permission !== COMPLETION_TOKEN && route.path !== '/events');

describeOnLogs('the service: every route', (log) => {
  let service: AService;
  let ids: Readonly<Record<string, number>>;
  const admin = () => service.as();

  const pathOf = (route: Route): string => {
    const { path } = route;
    const [, kind = ''] = path.split('/');
    const ofKind = path.includes(':backfillId') ? ids.backfilled : ids[kind];
    const special = OF_RUNNING.has(nameOf(route)) ? ids.running : OF_UNUSED.has(nameOf(route)) ? ids.unused : undefined;
    const id = special ?? ofKind;
    if (path.includes(':id') && id === undefined) throw new Error(`this test makes no object for ${path}`);
    const name = /\/(limits|tls)\//.test(path) ? 'crm-api' : (NAMES[kind] ?? 'NAME');
    const requested = path
      .replace(':application', 'mine')
      .replace(':queue', 'reports')
      .replace(':job', path.includes(':backfillId') ? 'hushed' : 'named')
      .replace(':id', String(id))
      .replace(':name', name)
      .replace(':backfillId', String(path.includes(':job') ? ids.hushedBackfills : ids.backfills))
      .replace(':tenant', 'default')
      .replace(':sub', 'ann')
      .replace(':version', '1');
    if (nameOf(route) === 'DELETE /tenants/:tenant') return '/tenants/unwanted?confirm=unwanted';
    if (path === '/jobs/summaries') return `${requested}?ids=${ids.jobs}`;
    if (path === '/audit/inclusion') return `${requested}?jobId=${ids.jobs}&version=1`;
    const query = QUERIES[path] ?? (OF_A_DAY.has(path) ? `from=${inDays(0)}&to=${inDays(1)}` : undefined);
    return query === undefined ? requested : `${requested}?${query}`;
  };
  /** The job of this test has a slot in the coming day. */
  const inDays = (days: number): string => new Date(service.now() + days * DAY_MS).toISOString();
  /** An example names application 1. */
  const ownExample = (example: object): object =>
    JSON.parse(JSON.stringify(example), (key, value) => {
      if (key === 'applications' && value[0] === 1) return [ids.applications];
      return ['applicationId', 'of', 'signedBy'].includes(key) && value === 1 ? ids.applications : value;
    });
  const request = (api: Api, route: Route, { headers = {}, query = '' } = {}) => {
    const itsPath = pathOf(route);
    const path = query === '' ? itsPath : `${itsPath}${itsPath.includes('?') ? '&' : '?'}${query}`;
    const body = route.example === undefined ? undefined : ownExample(route.example);
    switch (route.method) {
      case 'get':
        return api.get(path, headers);
      case 'post':
        return api.post(path, body, headers);
      case 'put':
        return api.put(path, body ?? {}, headers);
      case 'patch':
        return api.patch(path, body ?? {}, headers);
      case 'delete':
        return api.delete(path, headers);
    }
  };

  before(async () => {
    service = await aService().onLog(log).withApplication('mine').start();
    const applicationId = service.applicationId('mine');
    const at = `/applications/${applicationId}`;
    await admin().put(`${at}/variables/NAME`, { value: 'a value' });
    await admin().put(`${at}/secrets/NAME`, { value: 'a secret value' });
    await admin().put(`${at}/limits/crm-api`, { parallel: 2 });
    await admin().put(`${at}/tls/crm-api`, EXAMPLES.setApplicationTls);
    await admin().put('/calendars/holidays', { dates: ['2026-12-25'] });
    await admin().put('/views/failing', { query: 'state=failing' });
    const unused = await admin().post('/applications', { name: 'unused' });
    const jobId = await service.addJob({
      name: 'mine',
      pattern: '0 2 * * *',
      labels: { team: 'mine' },
      taskConfig: {
        method: 'POST',
        headers: { 'X-Api-Key': 'a key of the target' },
        auth: { authMethod: 'bearer', token: '${secret:NAME}' },
        body: { day: '${T:YYYY-MM-DD}' },
      },
    });
    await service.addJob({ name: 'named', pattern: '0 2 * * *' });
    await admin().put(`/jobs/${jobId}/acknowledgement`, {});
    const execution = await admin().post(`/jobs/${jobId}/trigger`);
    const silent = await service.addJob({ name: 'silent', pattern: '0 2 * * *', path: '/silent' });
    const running = await admin().post(`/jobs/${silent}/trigger`);
    await admin().put(`${at}/secrets/SIGNS`, { value: `whsec_${Buffer.alloc(32).toString('base64')}`, signing: true });
    const rule = await admin().put('/alert-rules/slow', {
      scope: 'tenant',
      condition: { kind: 'running', over: '1s' },
      receivers: [{ type: 'webhook', url: `${service.target.origin}/echo`, signedBy: applicationId }],
      groupWait: 0,
    });
    expect([rule.status, rule.body.detail]).to.deep.equal([200, undefined]);
    const unwanted = service.as({ tenant: 'unwanted', permissions: ['scheduler:jobs:write'] });
    await unwanted.post('/applications', { name: 'theirs' });
    const pause = await admin().post('/pauses', { scope: 'target', of: 'nobody.example' });
    const token = await admin().post('/tokens', { name: 'mine', permissions: ['scheduler:jobs:read'] });
    const operation = await admin().post('/jobs/bulk', {
      action: 'trigger',
      filter: { application: 'mine' },
      spread: '24h',
    });
    const backfill = await admin().post(`/jobs/${silent}/backfills`, { from: inDays(-9), to: inDays(-2) });
    const hushed = await service.addJob({ name: 'hushed', pattern: '0 2 * * *', path: '/silent' });
    const hushedBackfill = await admin().post(`/jobs/${hushed}/backfills`, { from: inDays(-9), to: inDays(-2) });
    ids = {
      hushed,
      hushedBackfills: hushedBackfill.body.id,
      applications: applicationId,
      unused: unused.body.id,
      pauses: pause.body.id,
      tokens: token.body.id,
      operations: operation.body.id,
      jobs: jobId,
      executions: execution.body.id,
      running: running.body.id,
      backfilled: silent,
      backfills: backfill.body.id,
    };
    await service.eventually(async () => {
      const { body } = await admin().get(`/executions/${execution.body.id}`);
      return body.status === 'succeeded' ? body : undefined;
    });
    const { worker } = EXAMPLES.beatWork;
    await admin().post('/queues/mine/reports/beat', { worker, running: [] });
    await service.eventually(async () => (await admin().get('/alerts')).body[0]?.notification);
    await service.addJob({ name: 'soon', pattern: '0 * * * *' });
    const failing = await service.addJob({ name: 'failing', pattern: '0 2 * * *', path: '/status?code=500' });
    await admin().post(`/jobs/${failing}/trigger`);
    await service.eventually(async () => (await admin().get(`/jobs/${failing}/executions?status=failed`)).body[0]);
  });
  after(async () => {
    // The first slots of the backfills, which nobody else ends.
    for (const jobId of [ids.backfilled, ids.hushed]) {
      const open = await admin().get(`/jobs/${jobId}/executions?status=running`);
      for (const { id } of open.body) await admin().post(`/executions/${id}/cancel`);
    }
    await service.stop();
  });

  for (const route of guardedRoutes.filter((each) => each.path.includes(':') && !OF_EVERYBODY.has(nameOf(each)))) {
    it(`${nameOf(route)} hides the resource from another tenant`, async () => {
      const other = service.as({ tenant: 'acme', permissions: [route.permission] });
      const { status, body } = await request(other, route);
      expect([status, body.code]).to.deep.equal([404, body.code]);
      expect(body.code)
        .to.match(/_NOT_FOUND$/)
        .and.not.equal('ROUTE_NOT_FOUND');
    });
  }

  describe('for a token that is bound to another application', () => {
    let bound: Api;
    let otherId: number;
    before(async () => {
      const { body: other } = await admin().post('/applications', { name: 'other' });
      otherId = other.id;
      const permissions = PERMISSIONS.filter((each) => !each.endsWith(':admin'));
      const requested = { name: 'bound', permissions, applications: [other.id] };
      bound = apiClient(service.url, (await admin().post('/tokens', requested)).body.token);
    });
    for (const route of guardedRoutes) {
      it(`${nameOf(route)} shows and changes nothing`, async () => {
        const { status, body } = await request(bound, route);
        if (route.method === 'get' && status === 200) {
          const { body: all } = await request(admin(), route);
          const [shown, there] = COUNTED.has(route.path) ? [body, all].map(sumOf) : [body.length, all.length];
          expect(there, 'the rows of the other application exist now').to.be.above(shown);
        }
        if (route.path.endsWith('/bulk')) expect(body).to.deep.equal({ count: 0 });
        else if (COUNTED.has(route.path)) expect(numbersIn(body), JSON.stringify(body)).to.satisfy(areNone);
        // Of no application, it tells what a schedule would do.
        else if (route.path === '/preview') expect(status).to.equal(200);
        else if (status === 200) {
          expect(NARROWED).to.include(route.path);
          if (route.path === '/audit') {
            expect(new Set(body.map(({ of }: AuditEntry) => of.applicationId))).to.deep.equal(new Set([otherId]));
            return;
          }
          const names = body.map(({ name }: { name?: string }) => name);
          expect(names).to.deep.equal(route.path === '/applications' ? ['other'] : []);
        } else if (nameOf(route) === 'POST /jobs') expect(body.code).to.equal('UNKNOWN_APPLICATION');
        else expect(body.code).to.match(/^(JOB|EXECUTION|APPLICATION|OPERATION|ALERT_RULE)_NOT_FOUND$|^FORBIDDEN$/);
      });
    }
  });

  const lists = allRoutes.filter(({ path, result, permission, method }) => {
    return method === 'get' && !path.includes(':') && result instanceof z.ZodArray && permission !== 'scheduler:admin';
  });
  for (const route of lists) {
    it(`${nameOf(route)} lists nothing of another tenant`, async () => {
      const other = service.as({ tenant: 'acme', permissions: [route.permission] });
      expect((await request(other, route)).body).to.deep.equal([]);
      expect((await request(admin(), route)).body).to.not.deep.equal([]);
    });
  }

  it('GET /tenants/:tenant/export has all of the tenant, and nothing of another or that is secret', async () => {
    const { body, headers } = await admin().get('/tenants/default/export');
    expect(headers.get('content-disposition')).to.equal('attachment; filename="default.ndjson"');
    const counts: Record<string, number> = {};
    for (const { kind } of body.slice(0, -1)) counts[kind] = (counts[kind] ?? 0) + 1;
    expect(body.at(-1)).to.deep.equal({ kind: 'end', data: { counts } });
    expect(Object.keys(counts)).to.have.members(EXPORT_KINDS.slice(0, -1));
    const { data: application } = body.find(
      ({ kind, data }: ExportLine) => kind === 'application' && data.name === 'mine',
    );
    expect(application.variables).to.have.length(1);
    expect(application.secrets[0]).to.have.all.keys('name', 'updatedAt', 'updatedBy');
    expect(JSON.stringify(body)).to.not.contain('a secret value').and.not.contain('$sealed');
    const { status, body: problem } = await admin().get('/tenants/nobody/export');
    expect([status, problem.code]).to.deep.equal([404, 'TENANT_NOT_FOUND']);
    await service
      .as({ tenant: 'a/b ☃', permissions: ['scheduler:jobs:write'] })
      .post('/applications', { name: 'theirs' });
    const theirs = await admin().get(`/tenants/${encodeURIComponent('a/b ☃')}/export`);
    expect([theirs.status, theirs.body.detail]).to.deep.equal([200, undefined]);
    expect(theirs.body.map(({ kind }: ExportLine) => kind)).to.deep.equal(['tenant', 'application', 'change', 'end']);
    const [first] = (await admin().get('/tenants?limit=1')).body;
    expect(first).to.deep.equal({ tenant: 'a/b ☃', applications: 1, jobs: 0, tokens: 0 });
  });

  for (const route of guardedRoutes.filter(isPaged)) {
    it(`${nameOf(route)} rejects bad pages, and fields of a query that it does not know`, async () => {
      for (const [query, pointer] of [
        ['limit=0', '/limit'],
        ['limit=1000000', '/limit'],
        ['colour=red', '/colour'],
      ]) {
        const { status, body } = await request(admin(), route, { query });
        expect([status, body.errors?.map((error: { pointer: string }) => error.pointer)]).to.deep.equal([
          400,
          [pointer],
        ]);
      }
      expect((await request(admin(), route, { query: 'cursor=%2A' })).body.code).to.equal('BAD_CURSOR');
    });
  }

  it('take all tenants if they change nothing, except those that are described otherwise', async () => {
    const rejecting: Route[] = [];
    for (const route of guardedRoutes.filter((each) => !isChange(each))) {
      const { body } = await request(admin(), route, { query: 'tenant=*' });
      if (body?.errors?.some(({ pointer }: { pointer: string }) => pointer === '/tenant')) rejecting.push(route);
    }
    const described = guardedRoutes.filter((each) => !isChange(each) && !takesAllTenants(each));
    expect(rejecting.map(nameOf)).to.deep.equal(described.map(nameOf));
  });

  const inOrder = [...guardedRoutes].sort((a, b) => Number(ENDS.has(nameOf(a))) - Number(ENDS.has(nameOf(b))));
  describe('for an administrator', () => {
    for (const route of inOrder) {
      it(`${nameOf(route)} matches its description`, async () => {
        const headers: Record<string, string> = isMadeOnce(route)
          ? { 'Idempotency-Key': nameOf(route).replace(' ', ':') }
          : {};
        const { status, body, headers: responded } = await request(admin(), route, { headers });
        expect([Object.keys(route.responses).includes(String(status)), body?.detail]).to.deep.equal([true, undefined]);
        const [, place] = /^\/_\/scheduler(\/.*)$/.exec(responded.get('location') ?? '') ?? [];
        if (place !== undefined || status === 201)
          expect((await admin().get(place ?? '/none')).status, 'where it states that it is').to.equal(200);
        if (route.mediaType !== undefined) return;
        if (route.lines !== undefined) for (const line of body) expect(route.lines.parse(line)).to.deep.equal(line);
        else if (route.result === undefined) expect(body).to.equal(undefined);
        else expect(route.result.parse(body), 'nothing that the description lacks').to.deep.equal(body);
        if (route.method === 'get') return;
        if (isMadeOnce(route)) {
          const repeated = await request(admin(), route, { headers });
          expect([repeated.status, repeated.body]).to.deep.equal([status, body]);
        }
        const again = await request(admin(), route);
        if (route.method === 'delete' && !(await isStillShown(route))) {
          expect([again.status, again.body.code]).to.deep.equal([404, again.body.code]);
          expect(again.body.code).to.match(/_NOT_FOUND$/);
        } else if (AGAIN[nameOf(route)] === undefined)
          expect([again.status, again.body?.detail]).to.deep.equal([status, undefined]);
        else expect(again.body.code).to.equal(AGAIN[nameOf(route)]);
      });
    }
  });

  /** Whether what a DELETE is about can be read after it: then it was ended, and is not gone. */
  const isStillShown = async (route: Route): Promise<boolean> => {
    if (ENDED.has(route.path)) return true;
    const isRead = allRoutes.some(({ method, path }) => method === 'get' && path === route.path);
    return isRead && (await admin().get(pathOf(route))).status === 200;
  };
});
