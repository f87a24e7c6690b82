import { readFile, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { expect } from 'chai';
import { type ChildService, startChildService } from '../../support/child-service.ts';
import { stopChild } from '../../support/stop-child.ts';
import { startTarget, type Target } from '../../support/target.ts';
import { passableTempDir } from '../../support/temp-dir.ts';

type Execution = { id: number; status: string; scheduledAt: string; error?: { code: string } };

describe('a start, kill -9 and a new start', () => {
  let dataDir: string;
  let target: Target;
  let service: ChildService | undefined;

  before(async () => {
    dataDir = await passableTempDir('carillon-e2e-');
    target = await startTarget();
  });
  after(async () => {
    // The call that hangs ends with its target.
    await target.close();
    if (service !== undefined) await stopChild(service, dataDir);
    await rm(dataDir, { recursive: true, force: true });
  });

  it('loses nothing, fires no slot twice, and ends what ran as unknown', async () => {
    const settings = { ALLOWED_TARGETS: '127.0.0.0/8' };
    service = await startChildService(dataDir, settings);
    expect((await stat(path.join(dataDir, 'run.json'))).mode & 0o777).to.equal(0o600);
    const [application] = (await service.api.get('/applications')).body;
    const created = await service.api.post('/jobs', {
      applicationId: application.id,
      name: 'hangs',
      pattern: '* * * * * *',
      taskType: 'HttpInvokerTask',
      taskConfig: { url: `${target.origin}/silent`, method: 'GET', timeout: 60_000 },
    });
    expect(created.status).to.equal(201);
    await target.receivedAll(1);
    await service.end('SIGKILL');

    service = await startChildService(dataDir, settings);
    const { api } = service;
    await target.receivedAll(2);
    expect((await api.post(`/jobs/${created.body.id}/disable`)).status).to.equal(200);
    const executions: Execution[] = (await api.get(`/jobs/${created.body.id}/executions?limit=500`)).body;
    expect(executions.at(-1)).to.deep.nested.include({ status: 'failed', 'error.code': 'OUTCOME_UNKNOWN' });
    const slots = executions.map(({ scheduledAt }) => scheduledAt);
    expect(new Set(slots).size).to.equal(slots.length);
    expect(target.received).to.have.length(2);
  });
});

describe('the embedded Postgres dies', () => {
  it('and its process ends with exit code 1, states why, and leaves data that the next start recovers', async () => {
    const dataDir = await passableTempDir('carillon-e2e-');
    const service = await startChildService(dataDir, {}, ['api', 'projections']);
    const [pid] = (await readFile(path.join(dataDir, 'postgres/data/postmaster.pid'), 'utf8')).split('\n');
    process.kill(Number(pid), 'SIGKILL');
    await service.closed();
    expect(service.said.join('\n')).to.match(/The embedded Postgres exited unexpectedly \(SIGKILL\)/);
    expect(await service.end('SIGTERM')).to.equal(1);

    const next = await startChildService(dataDir, {}, ['api', 'projections']);
    expect((await next.api.get('/applications')).status).to.equal(200);
    expect(await next.end('SIGTERM')).to.equal(0);
    await rm(dataDir, { recursive: true, force: true });
  });
});
