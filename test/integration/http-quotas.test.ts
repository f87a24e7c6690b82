import { expect } from 'chai';
import supertest from 'supertest';
import { testApp, tokenFor } from '../support/http.ts';
import { startTestService } from '../support/service.ts';

const API = '/_/scheduler';
const acme = { Authorization: `Bearer ${tokenFor({ tenant: 'acme' })}` };
const other = { Authorization: `Bearer ${tokenFor({ tenant: 'other' })}` };

describe('quotas of a tenant', () => {
  it('bound its triggers a minute, and say when to come again', async () => {
    const { app, world } = testApp({ quotas: { triggersPerMinute: 3 } });
    const trigger = (as: Record<string, string>) => supertest(app).post(`${API}/jobs/7/trigger`).set(as);
    for (let count = 0; count < 3; count++) await trigger(acme).expect(202);
    const refused = await trigger(acme).expect(429);
    expect(refused.body).to.include({ code: 'TOO_MANY_TRIGGERS' });
    expect(refused.body.detail).to.include('3 triggers a minute');
    expect(refused.get('Retry-After')).to.equal('20');
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
    const refused = await create(acme).expect(429);
    expect(refused.body).to.include({ code: 'TOO_MANY_BYTES' });
    expect(Number(refused.get('Retry-After'))).to.be.within(25, 40);
    await supertest(app).get(`${API}/jobs`).set(acme).expect(200);
    await create(other).expect(201);
    await world.advance(40_000);
    await create(acme).expect(201);
  });
  it('bound its jobs, and name the setting', async () => {
    const service = await startTestService({ TENANT_JOBS: '2' });
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
      expect((await create('three')).status).to.equal(201);
    } finally {
      await service.stop();
    }
  });
});
