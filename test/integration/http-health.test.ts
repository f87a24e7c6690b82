import { expect } from 'chai';
import supertest from 'supertest';
import { testApp, tokenFor } from '../support/http.ts';

describe('health, metrics, echo', () => {
  it('responds without a token, with security headers', async () => {
    const { app } = testApp();
    const { headers } = await supertest(app).get('/healthz').expect(200, { status: 'ok' });
    expect(headers).to.include({ 'x-content-type-options': 'nosniff', 'cache-control': 'no-store' });
    expect(headers).to.not.have.property('x-powered-by');
    const { body } = await supertest(app).get('/readyz').expect(200);
    expect(body).to.deep.equal({ status: 'ready', roles: { api: { ready: true } }, degraded: [] });
  });

  const readings = ['text/plain; version=0.0.4', 'up 1\n'] as const;
  it('gives metrics to administrators, and in development to everyone but jobs', async () => {
    const { app } = testApp();
    await supertest(app).get('/metrics').expect(401);
    await supertest(app).get('/metrics').set('Authorization', `Bearer ${tokenFor()}`).expect(403);
    const admin = `Bearer ${tokenFor({ permissions: ['scheduler:admin'] })}`;
    const { headers, text } = await supertest(app).get('/metrics').set('Authorization', admin).expect(200);
    expect([headers['content-type'], text]).to.deep.equal(readings);
    const development = testApp({ development: true }).app;
    expect((await supertest(development).get('/metrics').expect(200)).text).to.equal('up 1\n');
    await supertest(development).get('/metrics').set('Carillon-Call', '1').expect(403);
  });

  it('shows reasons to administrators, and only states to everyone else', async () => {
    const since = '2026-01-01T00:00:00.000Z';
    const readiness = {
      ready: false,
      roles: { api: { ready: false, reason: 'connect ECONNREFUSED 10.0.0.7:5432' } },
      degraded: [{ component: 'postgres', since, reason: 'connect ECONNREFUSED 10.0.0.7:5432' }],
    };
    const { app } = testApp({ readiness });
    const known = { status: 'unready', roles: { api: { ready: false } }, degraded: [{ component: 'postgres', since }] };
    await supertest(app).get('/readyz').expect(503, known);
    await supertest(app).get('/readyz').set('Authorization', 'Bearer of nobody').expect(503, known);
    await supertest(app).get('/readyz').set('Authorization', `Bearer ${tokenFor()}`).expect(503, known);
    const { ready: _, ...told } = readiness;
    const admin = `Bearer ${tokenFor({ permissions: ['scheduler:admin'] })}`;
    await supertest(app)
      .get('/readyz')
      .set('Authorization', admin)
      .expect(503, { status: 'unready', ...told });
    const cookie = `session=${tokenFor({ permissions: ['scheduler:admin'] })}`;
    await supertest(app)
      .get('/readyz')
      .set('Cookie', cookie)
      .expect(503, { status: 'unready', ...told });
    await supertest(testApp({ readiness, development: true }).app)
      .get('/readyz')
      .expect(503, { status: 'unready', ...told });
  });

  it('reports what is degraded at status 200, and what is not ready at 503', async () => {
    const degraded = [{ component: 'kafka', since: '2026-01-01T00:00:00.000Z' }];
    const limping = testApp({ readiness: { ready: true, roles: {}, degraded } });
    const { body } = await supertest(limping.app).get('/readyz').expect(200);
    expect(body).to.deep.equal({ status: 'degraded', roles: {}, degraded });
    const roles = { engine: { ready: false } };
    const loading = testApp({ readiness: { ready: false, roles, degraded: [] } });
    await supertest(loading.app).get('/readyz').expect(503, { status: 'unready', roles, degraded: [] });
  });

  it('echoes requests in development, without secrets', async () => {
    const { app } = testApp({ echo: true });
    const { body } = await supertest(app)
      .patch('/_/scheduler/echo/a/b?x=1&api_key=s')
      .set({ Authorization: `Bearer ${tokenFor()}`, 'X-Plain': 'p' })
      .send({ hello: 1 })
      .expect(200);
    expect(body).to.deep.include({
      method: 'PATCH',
      path: '/echo/a/b',
      query: { x: '1', api_key: '***' },
      body: { hello: 1 },
    });
    expect(body.headers).to.include({ authorization: '***', 'x-plain': 'p' });
    const text = await supertest(app).post('/_/scheduler/echo').type('text/plain').send('hi').expect(200);
    expect(text.body.body).to.equal('hi');
    await supertest(app).get('/_/scheduler/echo').expect(200);
  });
});
