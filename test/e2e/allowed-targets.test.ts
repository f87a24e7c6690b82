import { expect } from 'chai';
import { type AService, aService } from '../support/a-service/a-service.ts';
import type { Api } from '../support/api.ts';
import { runCarillon } from '../support/carillon.ts';
import { describeOnLogs } from '../support/logs.ts';

const PATH = '/allowed-targets';

describeOnLogs('the service: targets that are allowed while it runs', (log) => {
  let service: AService;
  let admin: Api;

  before(async () => {
    service = await aService().onLog(log).withApplication('crm').start();
    admin = service.as({ sub: 'root', permissions: ['scheduler:admin'] });
  });
  after(() => service.stop());

  const runOf = async (jobId: number) => {
    const { body: triggered } = await service.as().post(`/jobs/${jobId}/trigger`);
    return service.eventually(async () => {
      const { body } = await service.as().get(`/executions/${triggered.id}`);
      return ['succeeded', 'failed'].includes(body.status) ? body : undefined;
    });
  };

  it('are called until they are removed, and again once they are back', async () => {
    const { body: before } = await admin.get(PATH);
    expect(before).to.deep.equal({ targets: before.default, default: before.default });
    const jobId = await service.addJob({ name: 'inside', pattern: '0 0 1 1 *' });
    expect((await runOf(jobId)).status).to.equal('succeeded');

    const set = await admin.put(PATH, { targets: ['10.0.0.0/8'] });
    expect([set.status, set.body.targets, set.body.updatedBy]).to.deep.equal([200, ['10.0.0.0/8'], 'root']);
    expect((await admin.get(PATH)).body).to.deep.equal(set.body);
    await service.advance('1s');
    const called = service.target.received.length;
    const blocked = await runOf(jobId);
    expect([blocked.status, blocked.error.code]).to.deep.equal(['failed', 'TARGET_BLOCKED']);
    expect(service.target.received.length, 'nothing was sent').to.equal(called);
    const preview = await service.as().post('/preview', { taskConfig: { url: 'http://10.0.0.8/x', method: 'GET' } });
    expect(preview.body.target.allowed).to.equal(true);

    expect((await admin.delete(PATH)).status).to.equal(204);
    expect((await admin.get(PATH)).body).to.deep.equal(before);
    await service.advance('1s');
    expect((await runOf(jobId)).status).to.equal('succeeded');
  });

  it('are changed by administrators of the installation alone, who see who changed them', async () => {
    const ann = service.as({ permissions: ['scheduler:tenant:admin', 'scheduler:jobs:read', 'scheduler:jobs:write'] });
    for (const request of [
      () => ann.get(PATH),
      () => ann.put(PATH, { targets: [] }),
      () => ann.delete(PATH),
      () => ann.get(`${PATH}/history`),
    ])
      expect((await request()).status).to.equal(403);
    const rejected = await admin.put(PATH, { targets: ['http://10.0.0.8'] });
    expect([rejected.status, rejected.body.errors[0].pointer]).to.deep.equal([400, '/targets/0']);
    const { body: versions } = await admin.get(`${PATH}/history`);
    expect(
      versions.map(({ version, action, actor }: Record<string, unknown>) => [version, action, actor]),
    ).to.deep.equal([
      [2, 'resetAllowedTargets', 'root'],
      [1, 'setAllowedTargets', 'root'],
    ]);
    expect(versions[1].changes).to.deep.equal([{ path: '/targets', to: ['10.0.0.0/8'] }]);
    const { body: audit } = await admin.get('/audit?action=setAllowedTargets');
    expect(audit[0]).to.deep.include({ actor: 'root', outcome: 'done' });
  });

  it('are changed by two administrators at once without losing an entry', async () => {
    const before = await admin.get(PATH);
    const change = (target: string) =>
      admin.put(PATH, { targets: [target] }, { 'If-Match': before.headers.get('etag') ?? 'none' });
    expect((await change('10.1.0.0/16')).status).to.equal(200);
    const second = await change('10.2.0.0/16');
    expect([second.status, second.body.code]).to.deep.equal([412, 'STALE_REVISION']);
    expect((await admin.get(PATH)).body.targets).to.deep.equal(['10.1.0.0/16']);

    const env = { CARILLON_SERVER: service.url, CARILLON_TOKEN: service.token({ permissions: ['scheduler:admin'] }) };
    const added = await Promise.all(
      ['10.3.0.0/16', '10.4.0.0/16', '10.5.0.0/16'].map((entry) => runCarillon({ env }, 'targets', 'add', entry)),
    );
    expect(added.map(({ code }) => code)).to.deep.equal([0, 0, 0]);
    expect((await admin.get(PATH)).body.targets).to.have.members([
      '10.1.0.0/16',
      ...['10.3.0.0/16', '10.4.0.0/16', '10.5.0.0/16'],
    ]);
    expect((await admin.delete(PATH)).status).to.equal(204);
  });
});
