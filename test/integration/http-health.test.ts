import { expect } from 'chai';
import supertest from 'supertest';
import { testApp, tokenFor } from '../support/http.ts';

describe('health, metrics, echo', () => {
  it('answers without a token, and guards its headers', async () => {
    const { app } = testApp();
    const { headers } = await supertest(app).get('/healthz').expect(200, { status: 'ok' });
    expect(headers).to.include({ 'x-content-type-options': 'nosniff', 'cache-control': 'no-store' });
    expect(headers).to.not.have.property('x-powered-by');
    const { body } = await supertest(app).get('/readyz').expect(200);
    expect(body).to.deep.equal({ status: 'ready', roles: { api: { ready: true } }, degraded: [] });
    await supertest(app).get('/metrics').expect('Content-Type', 'text/plain; version=0.0.4').expect(200, 'up 1\n');
  });

  it('tells what is degraded at status 200, and what is not ready at 503', async () => {
    const degraded = [{ what: 'kafka', since: '2026-01-01T00:00:00.000Z' }];
    const limping = testApp({ readiness: { ready: true, roles: {}, degraded } });
    const { body } = await supertest(limping.app).get('/readyz').expect(200);
    expect(body).to.deep.equal({ status: 'degraded', roles: {}, degraded });
    const roles = { engine: { ready: false, reason: 'loading' } };
    const loading = testApp({ readiness: { ready: false, roles, degraded: [] } });
    await supertest(loading.app).get('/readyz').expect(503, { status: 'unready', roles, degraded: [] });
  });

  it('echoes in development what it was asked, without secrets', async () => {
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
