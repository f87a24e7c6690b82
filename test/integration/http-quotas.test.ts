import { expect } from 'chai';
import supertest from 'supertest';
import { aService } from '../support/a-service/a-service.ts';
import { apiClient } from '../support/api.ts';
import { done, testApp, tokenFor } from '../support/http.ts';
import { startTarget } from '../support/target.ts';
import { aToken, writtenToken } from '../support/tokens.ts';

const API = '/_/scheduler';
const acme = { Authorization: `Bearer ${tokenFor({ tenant: 'acme' })}` };
const other = { Authorization: `Bearer ${tokenFor({ tenant: 'other' })}` };

describe('quotas of a tenant', () => {
  it('bound its triggers a minute, and state when to come again', async () => {
    const { app, world } = testApp({ quotas: { triggersPerMinute: 3 } });
    const trigger = (as: Record<string, string>) => supertest(app).post(`${API}/jobs/7/trigger`).set(as);
    for (let count = 0; count < 3; count++) await trigger(acme).expect(202);
    const rejected = await trigger(acme).expect(429);
    expect(rejected.body).to.include({ code: 'TOO_MANY_TRIGGERS' });
    expect(rejected.body.detail).to.include('limit of 3 triggers per minute: retry in 20 s');
    expect(rejected.get('Retry-After')).to.equal('20');
    await trigger(other).expect(202);
    await world.advance(20_000);
    await trigger(acme).expect(202);
    await trigger(acme).expect(429);
  });
  it('bound the bytes of its bodies a minute, and leave reading alone', async () => {
    const { app, world } = testApp({ quotas: { bodyBytesPerMinute: 1_000 } });
    const create = (as: Record<string, string>) =>
      supertest(app)
        .post(`${API}/jobs`)
        .set(as)
        .send({ name: 'x'.repeat(1_500) });
    await create(acme).expect(201);
    const rejected = await create(acme).expect(429);
    expect(rejected.body).to.include({ code: 'TOO_MANY_BYTES' });
    expect(Number(rejected.get('Retry-After'))).to.be.within(25, 40);
    await supertest(app).get(`${API}/jobs`).set(acme).expect(200);
    await supertest(app).get(`${API}/jobs`).set(acme).send({ with: 'a body' }).expect(429);
    await create(other).expect(201);
    await world.advance(40_000);
    await create(acme).expect(201);
  });
  it('count what a target reports on the tenant of its execution, once its token is known', async () => {
    const [service, target] = await Promise.all([
      aService().withSettings({ TENANT_BODY_BYTES_PER_MINUTE: '20000' }).start(),
      startTarget(),
    ]);
    try {
      const api = service.as();
      const { id: applicationId } = (await api.post('/applications', { name: 'crm' })).body;
      const { id: jobId } = (
        await api.post('/jobs', {
          ...{ applicationId, name: 'long', pattern: '0 2 * * *', completion: 'callback', taskType: 'HttpInvokerTask' },
          taskConfig: { method: 'POST', url: `${target.origin}/status?code=202` },
        })
      ).body;
      const { id } = (await api.post(`/jobs/${jobId}/trigger`)).body;
      await service.until(target.receivedAll(1));
      const token = String(target.received[0]?.headers['carillon-completion-token']);
      const report = (by: string, bytes: number) =>
        apiClient(service.url, by).post(`/executions/${id}/complete?job=${jobId}`, {
          ...{ status: 'failed', result: 'x'.repeat(bytes) },
        });
      for (let count = 0; count < 3; count++) {
        expect((await report('anything', 60_000)).body.code).to.equal('COMPLETION_TOKEN_REJECTED');
      }
      const beat = apiClient(service.url, token).post(`/executions/${id}/heartbeat?job=${jobId}`, {
        progress: 'x'.repeat(4_000),
      });
      expect((await beat).status).to.equal(204);
      expect((await api.post('/preview', { description: 'x'.repeat(200_000) })).status).to.equal(400);
      const rejected = await report(token, 10);
      expect([rejected.status, rejected.body.code]).to.deep.equal([429, 'TOO_MANY_BYTES']);
    } finally {
      await service.stop();
      await target.close();
    }
  });
  it('bound its jobs, and name the setting', async () => {
    const service = await aService().withSettings({ TENANT_JOBS: '2' }).start();
    try {
      const api = service.as();
      const { id: applicationId } = (await api.post('/applications', { name: 'crm' })).body;
      const create = (name: string) =>
        api.post('/jobs', {
          applicationId,
          name,
          pattern: '0 2 * * *',
          taskType: 'HttpInvokerTask',
          taskConfig: { method: 'GET', url: 'https://example.com/' },
        });
      expect((await create('one')).status).to.equal(201);
      const second = await create('two');
      expect(second.status).to.equal(201);
      const third = await create('three');
      expect([third.status, third.body.code]).to.deep.equal([422, 'TOO_MANY_JOBS']);
      expect(third.body.detail).to.include('TENANT_JOBS');
      expect((await api.delete(`/jobs/${second.body.id}`)).status).to.equal(204);
      const responses = await Promise.all(Array.from({ length: 12 }, (_, index) => create(`more-${index}`)));
      expect(responses.map(({ status }) => status).sort()).to.deep.equal([201, ...Array(11).fill(422)]);
    } finally {
      await service.stop();
    }
  });
});

describe('the quota of a caller', () => {
  const bearer = (token: string) => ({ Authorization: `Bearer ${token}` });
  const ada = bearer(tokenFor());
  const eve = bearer(tokenFor({}, 'eve'));

  it('bounds the requests of a minute, and states in each response what is left', async () => {
    const { app, world } = testApp({ quotas: { callerRequestsPerMinute: 3 } });
    const get = (as: Record<string, string>, path = '/jobs') => supertest(app).get(`${API}${path}`).set(as);
    const left: (string | undefined)[] = [];
    for (let count = 0; count < 3; count++) left.push((await get(ada).expect(200)).get('RateLimit'));
    expect(left).to.deep.equal(['"caller";r=2;t=20', '"caller";r=1;t=40', '"caller";r=0;t=60']);

    const rejected = await get(ada).expect(429);
    expect(rejected.body).to.include({ code: 'TOO_MANY_REQUESTS' });
    expect(rejected.get('Retry-After')).to.equal('20');
    expect(rejected.get('RateLimit')).to.equal('"caller";r=0;t=60');
    expect(rejected.get('RateLimit-Policy')).to.equal('"caller";q=3;w=60');

    await get(eve).expect(200);
    await world.advance(20_000);
    await get(ada).expect(200);
    await get(ada).expect(429);
  });
  it('counts what is rejected and streams of events, too', async () => {
    const { app } = testApp({ quotas: { callerRequestsPerMinute: 2 } });
    const request = (path: string) => supertest(app).get(`${API}${path}`).set(ada);
    expect((await request('/projections').expect(403)).get('RateLimit')).to.equal('"caller";r=1;t=30');
    expect((await request('/events').expect(200)).get('RateLimit')).to.equal('"caller";r=0;t=60');
    await request('/events').expect(429);
  });
  it('counts wrong methods, and probes with a token, which see no reasons beyond it', async () => {
    const { app } = testApp({ quotas: { callerRequestsPerMinute: 2 } });
    await supertest(app).patch(`${API}/jobs`).set(ada).expect(405);
    await supertest(app).get('/readyz').set(ada).expect(200);
    await supertest(app).patch(`${API}/jobs`).set(ada).expect(429);
    await supertest(app).post(`${API}/events`).set(ada).expect(429);
    await supertest(app).get('/metrics').set(ada).expect(429);
    await supertest(app).get('/readyz').set(ada).expect(200);
  });
  it('is apart for tokens of one name, and for users of one name in two tenants', async () => {
    const findToken = async (tokenId: number) => aToken({ tokenId });
    const { app } = testApp({ findToken, quotas: { callerRequestsPerMinute: 1 } });
    for (const token of [writtenToken(5), writtenToken(6), tokenFor(), tokenFor({ tenant: 'acme' })]) {
      const get = () => supertest(app).get(`${API}/jobs`).set(bearer(token));
      await get().expect(200);
      await get().expect(429);
    }
  });
  it('belongs to a user under any name, and is separate for users with the same name', async () => {
    const { app } = testApp({ quotas: { callerRequestsPerMinute: 1 } });
    const get = (sub: string, name: string) =>
      supertest(app)
        .get(`${API}/jobs`)
        .set(bearer(tokenFor({ preferred_username: name }, sub)));
    await get('idp|1', 'olga').expect(200);
    await get('idp|1', 'olga the second').expect(429);
    await get('idp|2', 'olga').expect(200);
  });
  it('states nothing if there is none', async () => {
    const { headers } = await supertest(testApp().app).get(`${API}/jobs`).set(ada).expect(200);
    expect(headers).to.not.have.any.keys('ratelimit', 'ratelimit-policy');
  });
  it('is not for reports of targets', async () => {
    const heartbeatExecution = async () => done(undefined);
    const { app } = testApp({ quotas: { callerRequestsPerMinute: 1 }, commands: { heartbeatExecution } });
    for (let count = 0; count < 2; count++) {
      const beat = supertest(app)
        .post(`${API}/executions/42/heartbeat?job=7`)
        .set(bearer('x'.repeat(43)));
      expect((await beat.send({})).status).to.be.below(300);
    }
  });
});
