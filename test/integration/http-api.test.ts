import { once } from 'node:events';
import { expect } from 'chai';
import supertest from 'supertest';
import type { CommandContext, Precondition } from '../../src/commands/command.ts';
import { DomainError, rejectField } from '../../src/domain/domain-error.ts';
import { EVERY_TENANT } from '../../src/domain/values.ts';
import type { ApiContext } from '../../src/http/context.ts';
import type { Queries } from '../../src/projections/queries/index.ts';
import { BadCursor } from '../../src/projections/queries/keyset.ts';
import type { PageRequest } from '../../src/projections/queries/page.ts';
import { QueryAbandoned, type Scope } from '../../src/projections/queries/scope.ts';
import { application, done, executionView, fakeCommands, job, jobView, testApp, tokenFor } from '../support/http.ts';
import { stub } from '../support/stub.ts';

const API = '/_/scheduler';
const bearer = `Bearer ${tokenFor()}`;
const admin = `Bearer ${tokenFor({ permissions: ['scheduler:admin'] })}`;
const shownJob = {
  id: 7,
  application: { id: 1, name: 'crm', displayName: 'CRM' },
  name: 'nightly',
  enabled: true,
  pattern: '0 2 * * *',
  timezone: 'UTC',
  taskType: 'HttpInvokerTask',
  taskConfig: {
    url: 'https://example.com/sync',
    method: 'POST',
    auth: { authMethod: 'bearer', token: { sealed: true } },
  },
  createdAt: job.createdAt,
  createdBy: job.createdBy,
  updatedAt: job.updatedAt,
  updatedBy: job.updatedBy,
};
/** As a query found it, with what depends on the time. */
const outlook = { nextRunAt: jobView.nextRunAt, state: jobView.state };
/** As the answer to a change shows it. */
const changedJob = { ...shownJob, ...outlook };
const foundJob = { ...shownJob, nextRunAt: jobView.nextRunAt, lastExecution: null, state: jobView.state };

const statistics: Pick<Queries, 'statistics' | 'jobStates' | 'slotCounts'> = {
  statistics: async () => ({
    jobs: { total: 1, enabled: 1 },
    executions: { pending: 0, running: 0, succeeded: 1, failed: 0, cancelled: 0, last24h: 1 },
  }),
  jobStates: async () => ({ active: 1, disabled: 0, paused: 0, blocked: 0, failing: 0, completed: 0, parked: 0 }),
  slotCounts: async () => ({ fired: 8, late: {}, skipped: { OVERLAP: 2 }, missed: {} }),
};

describe('the jobs API', () => {
  it('lists jobs as a bare array, with the next page and the count', async () => {
    const requested: unknown[] = [];
    const { app } = testApp({
      queries: {
        listJobs: async (scope, filter, page) => {
          requested.push(scope.tenant, filter, page);
          return { items: [jobView], next: 'c2=', total: 120 };
        },
      },
    });
    const { body, headers } = await supertest(app)
      .get(`${API}/jobs?limit=1&enabled=true&label=team:a:b&name=nig%26ht`)
      .set('Authorization', bearer)
      .expect(200);
    expect(body).to.deep.equal([foundJob]);
    expect(headers['x-total-count']).to.equal('120');
    expect(headers.link).to.equal(
      `<${API}/jobs?limit=1&enabled=true&label=team%3Aa%3Ab&name=nig%26ht&cursor=c2%3D>; rel="next"`,
    );
    const filter = { enabled: true, labels: { team: 'a:b' }, name: 'nig&ht' };
    expect(requested).to.deep.equal(['default', filter, { limit: 1 }]);
  });

  it('accepts a date and a span before now, and pages with the same instants', async () => {
    const requested: unknown[] = [];
    const { app, world } = testApp({
      queries: {
        listExecutions: async (_scope, filter) => {
          requested.push(filter);
          return { items: [], next: 'n' };
        },
      },
    });
    const as = { Authorization: bearer };
    const { headers } = await supertest(app).get(`${API}/executions?from=2026-01-01&to=-24h`).set(as).expect(200);
    const dayAgo = new Date(world.clock.now() - 86_400_000).toISOString();
    expect(requested).to.deep.equal([{ from: '2026-01-01T00:00:00.000Z', to: dayAgo }]);
    await world.advance(60_000);
    const [, next = ''] = /^<(.*)>; rel="next"$/.exec(headers.link ?? '') ?? [];
    await supertest(app).get(next).set(as).expect(200);
    expect(requested[1]).to.deep.equal(requested[0]);
  });

  it('accepts several labels, several statuses, and another order', async () => {
    const requested: unknown[] = [];
    const list = async (_scope: unknown, filter: unknown, page: unknown) => {
      requested.push([filter, page]);
      return { items: [], next: 'c2=' };
    };
    const { app } = testApp({ queries: { listJobs: list, listExecutions: list } });
    const get = async (path: string) => {
      const { headers } = await supertest(app).get(`${API}${path}`).set('Authorization', bearer).expect(200);
      expect(headers.link).to.equal(`<${API}${path}&cursor=c2%3D>; rel="next"`);
    };
    await get('/jobs?label=team%3Aa&label=tier%3A1&sort=-createdAt&application=crm');
    await get('/executions?status=failed%2Ccancelled&errorCode=HTTP_500&jobName=sync&sort=createdAt');
    expect(requested).to.deep.equal([
      [
        { labels: { team: 'a', tier: '1' }, application: 'crm' },
        { limit: 50, sort: { by: 'createdAt', isDescending: true } },
      ],
      [
        { status: ['failed', 'cancelled'], errorCode: 'HTTP_500', jobName: 'sync' },
        { limit: 50, order: 'oldest first' },
      ],
    ]);
    await supertest(app).get(`${API}/jobs?sort=labels`).set('Authorization', bearer).expect(400);
    await supertest(app).get(`${API}/executions?status=failed,done`).set('Authorization', bearer).expect(400);
  });

  it('links the pages on both sides, and searches errors by words', async () => {
    const requested: unknown[] = [];
    const { app } = testApp({
      queries: {
        listExecutions: async (_scope, filter, page) => {
          requested.push([filter, page]);
          return { items: [], next: 'n', previous: 'p' };
        },
      },
    });
    const request = (query: string) => supertest(app).get(`${API}/executions?${query}`).set('Authorization', bearer);
    const { headers } = await request('errorText=no+host&cursor=c').expect(200);
    const at = `${API}/executions?errorText=no+host&cursor=`;
    expect(headers.link).to.equal(`<${at}n>; rel="next", <${at}p>; rel="prev"`);
    expect(requested).to.deep.equal([[{ errorText: 'no host' }, { limit: 50, cursor: 'c' }]]);
    await request('errorText=%2E%2E').expect(400);
  });

  it('shows that a job has no slot left, in GET and lists', async () => {
    const { pattern: _, ...others } = job;
    const ended = { ...others, schedule: { at: '2026-01-01T00:00:00.000Z' } };
    const over = { ...jobView, job: ended, state: { name: 'completed' as const } };
    const { app } = testApp({
      queries: { listJobs: async () => ({ items: [over, jobView] }), getJob: async () => over },
    });
    const request = (path: string) => supertest(app).get(`${API}${path}`).set('Authorization', bearer).expect(200);
    expect((await request('/jobs/7')).body).to.deep.include({
      completed: true,
      schedule: { at: '2026-01-01T00:00:00.000Z' },
    });
    const [first, second] = (await request('/jobs')).body;
    expect([first.completed, second.completed]).to.deep.equal([true, undefined]);
  });

  it('requests 50 at a time, and follows a cursor', async () => {
    const pages: PageRequest[] = [];
    const { app } = testApp({
      queries: {
        listJobs: async (_scope, _filter, page) => {
          pages.push(page);
          return { items: [] };
        },
      },
    });
    const { headers } = await supertest(app).get(`${API}/jobs?cursor=abc`).set('Authorization', bearer).expect(200, []);
    expect(pages).to.deep.equal([{ limit: 50, cursor: 'abc' }]);
    expect(headers).to.not.have.any.keys('link', 'x-total-count');
  });

  it('reports what it reads from that the client has gone, and does not mention it', async () => {
    const requested = Promise.withResolvers<AbortSignal | undefined>();
    const { app, world } = testApp({
      queries: {
        listJobs: (scope) =>
          new Promise((_resolve, reject) => {
            scope.signal?.addEventListener('abort', () => reject(new QueryAbandoned('gone')));
            requested.resolve(scope.signal);
          }),
      },
    });
    const server = app.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    const client = new AbortController();
    const url = `http://127.0.0.1:${port}${API}/jobs`;
    const response = fetch(url, { headers: { Authorization: bearer }, signal: client.signal }).catch(
      () => 'broken off',
    );
    const signal = await requested.promise;
    expect(signal?.aborted).to.equal(false);
    client.abort();
    expect(await response).to.equal('broken off');
    if (signal?.aborted === false) await once(signal, 'abort');
    server.close();
    await once(server, 'close');
    expect(world.lines).to.deep.equal([]);
  });

  it('shows a job with its revision, for GET and HEAD', async () => {
    const { app } = testApp();
    const { body, headers } = await supertest(app).get(`${API}/jobs/7`).set('Authorization', bearer).expect(200);
    expect(body).to.deep.equal(foundJob);
    expect(headers.etag).to.equal('"3"');
    const head = await supertest(app).head(`${API}/jobs/7`).set('Authorization', bearer).expect(200);
    expect(head.headers['content-length']).to.equal(headers['content-length']);
  });

  it('creates a job in the name of the caller', async () => {
    const requested: unknown[] = [];
    const { app } = testApp({
      commands: {
        createJob: (context, input) => {
          requested.push(context, input);
          return fakeCommands.createJob(context, input);
        },
      },
    });
    const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
    const { body, headers } = await supertest(app)
      .post(`${API}/jobs`)
      .set({ Authorization: bearer, 'X-Request-Id': 'r-1', traceparent, 'Carillon-Reason': 'because %C3%BC' })
      .send({ name: 'nightly' })
      .expect(201);
    expect(body).to.deep.equal(changedJob);
    expect(headers).to.include({ location: `${API}/jobs/7`, etag: '"3"', 'x-request-id': 'r-1' });
    const actor = { type: 'user', name: 'ada' };
    const request = { correlationId: 'r-1', traceparent, reason: 'because ü' };
    const context = { tenant: 'default', actor, canReadExecutions: true, ...request };
    expect(requested).to.deep.equal([context, { name: 'nightly' }]);

    const named = { name: 'nightly', reason: 'asked for' };
    await supertest(app)
      .post(`${API}/jobs`)
      .set({ Authorization: bearer, 'Carillon-Reason': 'no' })
      .send(named)
      .expect(201);
    const [told, given] = requested.slice(2);
    expect(told).to.deep.include({ reason: 'asked for' });
    expect(given).to.deep.equal({ name: 'nightly' });
  });

  it('responds with 503 to a change whose append is not confirmed', async () => {
    const begun = Promise.withResolvers<void>();
    const deleteJob = (): Promise<never> => {
      begun.resolve();
      return new Promise(() => {});
    };
    const { app, world } = testApp({ commands: { deleteJob } });
    const response = supertest(app).delete(`${API}/jobs/7`).set('Authorization', bearer).then();
    await begun.promise;
    await world.advance(12_000);
    const { status, headers, body } = await response;
    expect([status, headers['retry-after'], body.code]).to.deep.equal([503, '5', 'LOG_UNAVAILABLE']);
  });

  for (const { stopped, expected } of [
    { stopped: [], expected: [503, '5', 'READ_MODELS_BEHIND', 'not yet'] },
    {
      stopped: [{ name: 'tree', reason: 'syntax error' }],
      expected: [500, undefined, 'READ_MODEL_STOPPED', 'the read model tree has stopped: syntax error'],
    },
  ]) {
    it(`shows the reason of stopped read models: ${stopped.length}`, async () => {
      const listJobs = async (): Promise<never> => {
        throw new DomainError('READ_MODELS_BEHIND', 'not yet');
      };
      const projections = stub<ApiContext['projections']>({ stopped: async () => stopped });
      const { app } = testApp({ queries: { listJobs }, projections });
      const { status, headers, body } = await supertest(app).get(`${API}/jobs`).set('Authorization', bearer);
      expect([status, headers['retry-after'], body.code, body.detail]).to.deep.equal(expected);
    });
  }

  it('rejects lookups that take too long, without mentioning the log', async () => {
    const begun = Promise.withResolvers<void>();
    const listJobs = (): Promise<never> => {
      begun.resolve();
      return new Promise(() => {});
    };
    const { app, world } = testApp({ queries: { listJobs } });
    const response = supertest(app).get(`${API}/jobs`).set('Authorization', bearer).then();
    await begun.promise;
    await world.advance(12_000);
    const { status, body } = await response;
    expect([status, body.code]).to.deep.equal([422, 'QUERY_TOO_SLOW']);
  });

  it('makes up a request id if none or no sane one is given', async () => {
    const { app } = testApp();
    for (const given of ['a b', 'x'.repeat(129)]) {
      const { headers } = await supertest(app).get('/healthz').set('X-Request-Id', given);
      expect(headers['x-request-id']).to.match(/^[0-9a-f-]{36}$/);
    }
  });

  it('shows when a new job runs next without reading the job again', async () => {
    const { app } = testApp({
      queries: { newJobOutlook: async () => outlook, getJob: () => Promise.reject(new Error('it was read again')) },
    });
    await supertest(app).post(`${API}/jobs`).set('Authorization', bearer).send({}).expect(201, changedJob);
  });

  it('hands the revision of If-Match on, trying each that is listed', async () => {
    const tried: Precondition[] = [];
    const { app } = testApp({
      commands: {
        updateJob: async (context, id, input, precondition) => {
          tried.push(precondition);
          if (precondition.expectedRevision === 2) throw new DomainError('STALE_REVISION', 'stale');
          return fakeCommands.updateJob(context, id, input, precondition);
        },
      },
    });
    const put = (ifMatch: string) =>
      supertest(app).put(`${API}/jobs/7`).set({ Authorization: bearer, 'If-Match': ifMatch }).send({});
    await put('"2", W/"9", "3"').expect(200);
    await put('*').expect(200);
    expect(tried).to.deep.equal([{ expectedRevision: 2 }, { expectedRevision: 3 }, {}]);
    for (const stale of ['"2"', 'W/"3"', '"abc"']) expect((await put(stale)).body).to.include({ status: 412 });
    for (const bad of ['3', '"3', '"3",', '']) expect((await put(bad)).body).to.include({ code: 'BAD_IF_MATCH' });
  });

  it('waits for read models, reports a lag, and does not wait on request', async () => {
    const waits: unknown[] = [];
    const { app } = testApp({
      queries: {
        awaitPosition: async (position, timeoutMs) => {
          waits.push([position, timeoutMs]);
          return false;
        },
      },
    });
    const post = (query = '') =>
      supertest(app).post(`${API}/jobs${query}`).set('Authorization', bearer).send({}).expect(201);
    expect((await post()).headers['carillon-consistency']).to.equal('pending');
    expect((await post('?consistency=eventual')).headers).to.not.have.property('carillon-consistency');
    expect(waits).to.deep.equal([['00000000000000000009', 2_000]]);
  });

  it('passes warnings on in a header that stays one', async () => {
    const { app } = testApp({
      commands: {
        createJob: async (context, input) => ({
          ...(await fakeCommands.createJob(context, input)),
          warnings: ['zürich "x"\r\nSet-Cookie: a=b', '100% of a%41'],
        }),
      },
    });
    const { headers } = await supertest(app).post(`${API}/jobs`).set('Authorization', bearer).send({}).expect(201);
    expect(headers['carillon-warning']).to.equal('"z%C3%BCrich \\"x\\"%0D%0ASet-Cookie: a=b", "100% of a%2541"');
    expect(headers).to.not.have.property('set-cookie');
  });

  it('leaves bodies over 4 KiB out of a list of executions, unless they are requested', async () => {
    const data = 'x'.repeat(4_095);
    const body = ['y'.repeat(5_000)];
    const whole = {
      ...executionView,
      result: { taskType: 'HttpInvokerTask' as const, status: 200, headers: {}, data, truncated: false },
      jobSnapshot: {
        name: 'nightly',
        pattern: '0 2 * * *',
        timezone: 'UTC',
        taskType: 'HttpInvokerTask' as const,
        method: 'POST',
        url: 'https://example.com/sync',
        headers: {},
        body,
        resolvedParameters: [],
      },
    };
    const sealed = {
      ...whole,
      result: { ...whole.result, data: { $sealed: { generation: 1, box: data, fingerprint: '' } } },
    };
    const { app } = testApp({
      queries: {
        listExecutions: async () => ({ items: [whole, executionView, sealed] }),
        hookOf: async () => undefined,
        getExecution: async () => whole,
      },
    });
    const as = { Authorization: bearer };
    const list = await supertest(app).get(`${API}/executions`).set(as).expect(200);
    expect(list.body[0].result.data).to.deep.equal({ omitted: true, bytes: 4_097 });
    expect(list.body[0].jobSnapshot).to.deep.include({ method: 'POST', body: { omitted: true, bytes: 5_004 } });
    expect(list.body[1].result).to.deep.equal(executionView.result);
    expect(list.body[2].result.data).to.deep.equal({ sealed: true });
    for (const path of ['/executions?include=body', '/jobs/7/executions?include=body']) {
      const { body: items } = await supertest(app).get(`${API}${path}`).set(as).expect(200);
      expect([items[0].result.data, items[0].jobSnapshot.body]).to.deep.equal([data, body]);
    }
    const { body: shown } = await supertest(app).get(`${API}/executions/42`).set(as).expect(200);
    expect([shown.result.data, shown.jobSnapshot.body]).to.deep.equal([data, body]);
    await supertest(app).get(`${API}/executions?include=all`).set(as).expect(400);
  });

  it('shows the expected request of one execution, not in lists or as of the past', async () => {
    const requested: number[] = [];
    const { app } = testApp({
      expectedOf: async ({ id }) => {
        requested.push(id);
        return { waitsFor: 'LIMIT' };
      },
    });
    const get = async (path: string) =>
      (await supertest(app).get(`${API}${path}`).set('Authorization', bearer).expect(200)).body;
    expect(await get('/executions/42')).to.include({ id: 42, waitsFor: 'LIMIT' });
    expect(await get('/executions/42?asOf=2025-12-31T00:00:00Z')).to.not.have.property('waitsFor');
    expect((await get('/executions'))[0]).to.not.have.property('waitsFor');
    expect(requested).to.deep.equal([42]);
  });

  it('compresses long responses for clients that accept it', async () => {
    const items = Array.from({ length: 20 }, () => jobView);
    const { app } = testApp({ queries: { listJobs: async () => ({ items }) } });
    const request = (encoding: string) =>
      supertest(app).get(`${API}/jobs`).set({ Authorization: bearer, 'Accept-Encoding': encoding }).expect(200);
    const [packed, plain] = [await request('gzip'), await request('identity')];
    expect([packed.headers['content-encoding'], packed.headers['content-length']]).to.deep.equal(['gzip', undefined]);
    expect(plain.headers).to.not.have.property('content-encoding');
    expect(packed.body).to.deep.equal(plain.body);
  });

  it('shows the engines in statistics to administrators of the installation alone', async () => {
    const { app } = testApp({ queries: statistics });
    const stats = await supertest(app).get(`${API}/stats`).set('Authorization', bearer).expect(200);
    expect(stats.body).to.have.all.keys('jobs', 'executions', 'slots', 'engines');
    expect(stats.body.slots).to.deep.equal({ fired: 8, late: {}, skipped: { OVERLAP: 2 }, missed: {} });
    expect(stats.body.engines, 'engines run the jobs of other tenants too').to.deep.equal([]);
    const whole = await supertest(app).get(`${API}/stats`).set('Authorization', admin).expect(200);
    expect(whole.body.engines).to.deep.equal([{ engineId: 'engine-1', status: 'working' }]);
  });

  it('reports the lag of read models with their data', async () => {
    const as = { Authorization: `Bearer ${tokenFor({ permissions: ['scheduler:admin'] })}` };
    const projections = stub<ApiContext['projections']>({ list: async () => [] });
    const { app } = testApp({ lagSeconds: () => 37, queries: statistics, projections });
    for (const path of ['/jobs', '/jobs/7', '/stats', '/executions/42']) {
      await supertest(app).get(`${API}${path}`).set(as).expect('Carillon-Lag', '37').expect(200);
    }
    const log = await supertest(app).get(`${API}/projections`).set(as).expect(200);
    const change = await supertest(app).post(`${API}/jobs/7/enable`).set(as).expect(200);
    const upToDate = await supertest(testApp().app).get(`${API}/jobs`).set(as).expect(200);
    for (const { headers } of [log, change, upToDate]) expect(headers).to.not.have.property('carillon-lag');
  });

  it('rejects with the status and pointers of what a command rejects', async () => {
    const { app } = testApp({
      commands: {
        createJob: () => Promise.reject(rejectField('UNKNOWN_APPLICATION', '/applicationId', 'there is none')),
        deleteJob: () => Promise.reject(new DomainError('JOB_NOT_FOUND', 'there is no job 7')),
      },
      queries: { listExecutions: () => Promise.reject(new BadCursor('no cursor of ours')) },
    });
    const { body } = await supertest(app)
      .post(`${API}/jobs?consistency=eventual`)
      .set('Authorization', bearer)
      .send({})
      .expect('Content-Type', 'application/problem+json')
      .expect(422);
    expect(body).to.deep.equal({
      type: 'urn:carillon:problem:unknown-application',
      title: 'Unknown application',
      status: 422,
      detail: 'there is none',
      code: 'UNKNOWN_APPLICATION',
      instance: `${API}/jobs`,
      errors: [{ pointer: '/applicationId', message: 'there is none' }],
    });
    await supertest(app).delete(`${API}/jobs/7`).set('Authorization', bearer).expect(404);
    await supertest(app).get(`${API}/executions?cursor=x`).set('Authorization', bearer).expect(400);
  });

  it('hides internal errors, and logs them', async () => {
    const { app, world } = testApp({ queries: { getJob: () => Promise.reject(new Error('password is hunter2')) } });
    const { body, text } = await supertest(app).get(`${API}/jobs/7`).set('Authorization', bearer).expect(500);
    expect(text).to.not.include('hunter2');
    expect(body).to.include({ code: 'INTERNAL' });
    const [line] = world.lines;
    expect(line?.level).to.equal('error');
    expect(body.detail).to.include(line?.fields.correlationId);
  });

  it('hands only commands with a key to the store of responses', async () => {
    const seen: unknown[] = [];
    const { app } = testApp({
      once: async ({ context, key, bodyHash }, run) => {
        seen.push([context.tenant, key, bodyHash]);
        return seen.length > 1
          ? { status: 201, headers: { Location: '/remembered' }, body: { again: true } }
          : run(context);
      },
    });
    const post = (key: string, body: object) =>
      supertest(app).post(`${API}/jobs`).set({ Authorization: bearer, 'Idempotency-Key': key }).send(body);
    await post('k', { name: 'a' }).expect(201, changedJob);
    await post('k', { name: 'a' }).expect('Location', '/remembered').expect(201, { again: true });
    await post('k', { name: 'b' });
    expect(seen[0]).to.deep.equal(seen[1]);
    expect(seen[0]).to.not.deep.equal(seen[2]);
    expect((await post('k'.repeat(256), {})).body).to.include({ code: 'BAD_IDEMPOTENCY_KEY', status: 400 });
    await supertest(app).get(`${API}/jobs`).set({ Authorization: bearer, 'Idempotency-Key': 'k' }).expect(200);
    expect(seen).to.have.length(3);
  });
});

describe('a response that is given again', () => {
  it('waits for the read models as the first one does, or states that they are behind', async () => {
    const waits: unknown[] = [];
    let reached = true;
    const { app } = testApp({
      once: async () => ({ status: 204, position: 'p7' }),
      queries: {
        awaitPosition: async (position) => {
          waits.push(position);
          return reached;
        },
      },
    });
    const remove = (query = '') =>
      supertest(app).delete(`${API}/jobs/7${query}`).set({ Authorization: bearer, 'Idempotency-Key': 'k' }).expect(204);
    expect((await remove()).headers).not.to.have.property('carillon-consistency');
    reached = false;
    expect((await remove()).headers).to.include({ 'carillon-consistency': 'pending' });
    expect((await remove('?consistency=eventual')).headers).not.to.have.property('carillon-consistency');
    expect(waits).to.deep.equal(['p7', 'p7']);
  });

  it('waits once for the outlook of a changed job, then omits it', async () => {
    const waits: string[] = [];
    const { app } = testApp({
      commands: { enableJob: async () => ({ ...done({ job, application }), position: 'p7' }) },
      queries: {
        awaitPosition: async (position) => {
          waits.push(position);
          return false;
        },
      },
    });
    await supertest(app)
      .post(`${API}/jobs/7/enable`)
      .set({ Authorization: bearer })
      .expect('Carillon-Consistency', 'pending')
      .expect(200, shownJob);
    expect(waits).to.deep.equal(['p7']);
  });

  it('shows the job as its event has it', async () => {
    const shown = { jobId: 7, revision: 0, application: { id: 1, name: 'crm', displayName: 'CRM' } };
    const { app } = testApp({ once: async () => ({ status: 200, job: shown }) });
    await supertest(app)
      .post(`${API}/jobs/7/disable`)
      .set({ Authorization: bearer, 'Idempotency-Key': 'k' })
      .expect(200, shownJob);
  });
});

describe('tenants and permissions', () => {
  it('keeps a caller to the tenant of the token', async () => {
    const scopes: Scope[] = [];
    const contexts: CommandContext[] = [];
    const { app } = testApp({
      queries: {
        getJob: async (scope) => {
          scopes.push(scope);
          return jobView;
        },
      },
      commands: {
        enableJob: (context, id, precondition) => {
          contexts.push(context);
          return fakeCommands.enableJob(context, id, precondition);
        },
      },
    });
    const acme = `Bearer ${tokenFor({ tenant: 'acme' })}`;
    const get = (as: string, query = '') => supertest(app).get(`${API}/jobs/7${query}`).set('Authorization', as);
    await get(acme).expect(200);
    await get(acme, '?tenant=acme').expect(200);
    await get(acme, '?tenant=default').expect(403);
    await get(acme, '?tenant=*').expect(403);
    await get(admin, '?tenant=acme').expect(200);
    await get(admin, '?tenant=*').expect(200);
    expect(scopes.map(({ tenant }) => tenant)).to.deep.equal(['acme', 'acme', 'acme', EVERY_TENANT]);
    const enable = (query: string) => supertest(app).post(`${API}/jobs/7/enable${query}`).set('Authorization', admin);
    await enable('?tenant=acme').expect(200);
    await enable('?tenant=*').expect(400);
    expect(contexts.map(({ tenant }) => tenant)).to.deep.equal(['acme']);
  });

  it('lets roles and scope grant what permissions may', async () => {
    const { app } = testApp();
    const get = (claims: object) =>
      supertest(app)
        .get(`${API}/jobs`)
        .set('Authorization', `Bearer ${tokenFor({ permissions: undefined, ...claims })}`);
    await get({ roles: ['viewer'] }).expect(200);
    await get({ scope: 'openid scheduler:jobs:read' }).expect(200);
    await get({ roles: ['constructor', 'toString', 'nobody'] }).expect(403);
  });
});
