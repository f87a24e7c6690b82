import { expect } from 'chai';
import { type AService, aService } from '../support/a-service/a-service.ts';
import { spoilJob } from '../support/spoiled-job.ts';

describe('a service over a log with an event that can not be read', () => {
  let service: AService;
  before(async () => {
    service = await aService()
      .withApplication('crm')
      .withJob({ name: 'bad', pattern: '0 0 1 1 *' })
      .withJob({ name: 'good', pattern: '0 0 1 1 *' })
      .start();
  });
  after(() => service.stop());

  it('reports it, rejects what concerns that job alone, and does everything else', async () => {
    const api = service.as();
    const [bad, good] = [{ id: service.jobId('bad') }, { id: service.jobId('good') }];
    await spoilJob(service, bad.id);

    const { body: execution } = await api.post(`/jobs/${good.id}/trigger`);
    await service.eventually(async () => {
      const { body } = await api.get(`/executions/${execution.id}`);
      return body.status === 'succeeded' ? body : undefined;
    });
    expect((await api.get(`/jobs/${bad.id}`)).body).to.include({ name: 'bad' });
    for (const response of [
      await api.post(`/jobs/${bad.id}/trigger`),
      await api.put(`/jobs/${bad.id}`, { name: 'better' }),
      await api.delete(`/jobs/${bad.id}`),
    ]) {
      expect([response.status, response.body.code]).to.deep.equal([409, 'STREAM_PARKED']);
      expect(response.body.detail).to.match(/this version can't read JobUpdated at revision 1 of it/);
    }
    expect((await api.put(`/jobs/${good.id}`, { name: 'better' })).status).to.equal(200);

    const { body: projections } = await api.get('/projections');
    const [parked] = projections.find(({ name }: { name: string }) => name === 'jobs').parked;
    expect(parked).to.include({ stream: `job-${bad.id}`, revision: 1, type: 'JobUpdated' });
    expect(parked.reason).to.match(/startAt/);
    const headers = { Authorization: `Bearer ${service.token()}` };
    const ready = await fetch(`${service.url}/readyz`, { headers });
    expect(ready.status).to.equal(200);
    expect(await ready.json()).to.deep.nested.include({
      status: 'degraded',
      'degraded[0].component': 'parked streams',
      'degraded[0].reason': `This version can't read some events: job-${bad.id} (JobUpdated).`,
    });
    const metrics = await (await fetch(`${service.url}/metrics`, { headers })).text();
    expect(metrics).to.match(/^carillon_parked_streams 1$/m);
  });
});
