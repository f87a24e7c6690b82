import { expect } from 'chai';
import { type AService, aService } from '../support/a-service/a-service.ts';
import type { Api } from '../support/api.ts';
import { startTarget, type Target } from '../support/target.ts';

describe('the service with TARGETS=listed and TARGET_PORTS', () => {
  let target: Target;
  let service: AService;
  let api: Api;
  let applicationId: number;

  before(async () => {
    target = await startTarget();
    service = await aService()
      .withSettings({ TARGETS: 'listed', TARGET_PORTS: `443,${target.port}` })
      .start();
    api = service.as();
    applicationId = (await api.post('/applications', { name: 'crm' })).body.id;
  });
  after(async () => {
    await service.stop();
    await target.close();
  });

  const jobCalling = (url: string) => ({
    name: 'sync',
    applicationId,
    pattern: '0 2 * * *',
    taskType: 'HttpInvokerTask',
    taskConfig: { url, method: 'GET' },
  });

  it('calls what is listed, and rejects a public address and another port with the line that lets each pass', async () => {
    const { status, body: job } = await api.post('/jobs', jobCalling(`${target.origin}/echo`));
    expect(status).to.equal(201);
    for (const [url, line] of [
      ['https://93.184.216.34/', 'ALLOWED_TARGETS=93.184.216.34:443'],
      ['http://127.0.0.1:22/', 'TARGET_PORTS=22'],
    ] as const) {
      const { taskConfig } = jobCalling(url);
      for (const { status: rejected, body } of [
        await api.post('/jobs', { ...jobCalling(url), name: 'another' }),
        await api.put(`/jobs/${job.id}`, { taskConfig }),
      ]) {
        expect([rejected, body.code]).to.deep.equal([422, 'TARGET_BLOCKED']);
        expect(body.detail).to.include(line);
      }
      const { body: preview } = await api.post('/preview', { taskConfig });
      expect(preview.target.allowed).to.equal(false);
      expect(preview.target.reason).to.include(line);
    }
  });
});
