import { expect } from 'chai';
import { type AService, aService, type OtherProcess } from '../support/a-service/a-service.ts';
import { type Api, apiClient } from '../support/api.ts';
import { ringEntry } from '../support/sealing.ts';
import type { LogLine } from '../support/world.ts';

describe('the service: a key ring that lacks keys, as after a restore', () => {
  let first: AService;
  let restored: OtherProcess;
  let api: Api;
  let lines: readonly LogLine[];
  const task = (taskConfig: object) => ({
    taskConfig: { url: `${first.target.origin}/echo`, method: 'GET', ...taskConfig },
  });
  const auth = { authMethod: 'bearer', token: 'a-t0ken' };

  before(async () => {
    first = await aService()
      .withRoles('api', 'projections')
      .withApplication('crm')
      .withJob({ name: 'plain', pattern: '@yearly' })
      .withJob({ name: 'sealed', pattern: '@yearly', taskConfig: { auth } })
      .withApplication('free of secrets')
      .start();
    restored = await first.startBeside({ settings: { SECRET_KEYS: ringEntry('another', 9) } });
    lines = restored.lines;
    api = apiClient(restored.url, first.token());
  });
  after(async () => {
    await restored.stop();
    await first.stop();
  });

  const run = async (jobId: number) => {
    const { body: triggered } = await api.post(`/jobs/${jobId}/trigger`);
    return first.eventually(async () => {
      const { body } = await api.get(`/executions/${triggered.id}`);
      return ['succeeded', 'failed'].includes(body.status) ? body : undefined;
    });
  };

  it('runs what needs no secret, and fails the rest by a code that states why', async () => {
    expect((await run(1)).status).to.equal('succeeded');
    const { status, error } = await run(2);
    expect([status, error.code]).to.deep.equal(['failed', 'SECRET_KEY_UNKNOWN']);
    expect(error.message).to.contain('SECRET_KEYS does not have');
  });

  it('rejects what would need the key, and nothing else', async () => {
    expect((await api.put('/jobs/1', task({ headers: { 'X-A': '1' } }))).status).to.equal(200);
    const sealing = await api.put('/jobs/1', task({ auth }));
    expect([sealing.status, sealing.body.code]).to.deep.equal([409, 'SECRET_KEY_UNKNOWN']);
    const secret = await api.put('/applications/1/secrets/KEY', { value: 'hush' });
    expect([secret.status, secret.body.code]).to.deep.equal([409, 'SECRET_KEY_UNKNOWN']);
    expect((await api.put('/applications/2/secrets/KEY', { value: 'hush' })).status).to.equal(200);
  });

  it('states which key is missing, and for whom', async () => {
    const why = 'SECRET_KEYS does not contain the key "test", which decrypts the secrets of the applications 1';
    const response = await fetch(`${restored.url}/readyz`, { headers: { Authorization: `Bearer ${first.token()}` } });
    const { status, degraded } = Object(await response.json());
    expect([response.status, status]).to.deep.equal([200, 'degraded']);
    expect(degraded.map(({ component, reason }: Record<string, string>) => [component, reason])).to.deep.equal([
      ['secret keys', why],
    ]);
    expect(lines.filter(({ level }) => level === 'error').map(({ message }) => message)).to.deep.equal([
      `${why}. Add the key and restart.`,
    ]);
  });
});
