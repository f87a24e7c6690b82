import { rm } from 'node:fs/promises';
import { expect } from 'chai';
import { pollUntilFound } from '../../../src/runtime/poll.ts';
import { type ChildService, startChildService } from '../../support/child-service.ts';
import { realWorld } from '../../support/publishing.ts';
import { scrape, sumOf } from '../../support/scrape.ts';
import { stopChild } from '../../support/stop-child.ts';
import { startTarget, type Target } from '../../support/target.ts';
import { passableTempDir } from '../../support/temp-dir.ts';

const JOBS = 20;
const SETTINGS = { ENGINES: '2', ALLOWED_TARGETS: '127.0.0.0/8' };
const SECOND_CLAIMS = /"engine":2.*the engine is claiming/;

describe('a server with two engines on the embedded Postgres', () => {
  let dataDir: string;
  let target: Target;
  let service: ChildService;

  before(async () => {
    dataDir = await passableTempDir('carillon-e2e-');
    target = await startTarget();
  });
  after(async () => {
    await target.close();
    await rm(dataDir, { recursive: true, force: true });
  });

  const succeeded = async (): Promise<number> =>
    sumOf(await scrape(service.url, service.token), 'carillon_executions_total', { outcome: 'succeeded' }) ?? 0;
  /** Resolves when no execution is open. */
  const idle = () =>
    pollUntilFound(realWorld, { limitMs: 60_000, everyMs: 200 }, async () => {
      const open = ['pending', 'running'].map((status) => service.api.get(`/executions?status=${status}`));
      return (await Promise.all(open)).every(({ body }) => body.length === 0) || undefined;
    });

  it('calls each slot once, replaces an engine that dies, and leaves nothing behind', async () => {
    service = await startChildService(dataDir, SETTINGS);
    const { api } = service;
    const { pid: secondPid } = JSON.parse(await service.says(SECOND_CLAIMS));
    const [application] = (await api.get('/applications')).body;
    const switched = async (action: 'enable' | 'disable', jobIds: readonly number[]): Promise<void> => {
      for (const jobId of jobIds) expect((await api.post(`/jobs/${jobId}/${action}`)).status).to.equal(200);
    };
    await switched(
      'disable',
      (await api.get('/jobs')).body.map(({ id }: { id: number }) => id),
    );
    const jobIds: number[] = [];
    for (let job = 1; job <= JOBS; job++) {
      const created = await api.post('/jobs', {
        ...{ applicationId: application.id, name: `job ${job}`, pattern: '* * * * * *', taskType: 'HttpInvokerTask' },
        taskConfig: { url: `${target.origin}/echo`, method: 'GET' },
      });
      jobIds.push(created.body.id);
    }
    const bySecond = /"engine":2.*job execution succeeded/;
    await Promise.all([service.says(bySecond, 10), service.says(/^(?!.*"engine":2).*job execution succeeded/, 10)]);
    await switched('disable', jobIds);
    await idle();
    const counted = await succeeded();
    expect(counted).to.equal(service.said.filter((line) => /job execution succeeded/.test(line)).length);

    await switched('enable', jobIds);
    await service.says(bySecond, service.said.filter((line) => bySecond.test(line)).length + 1);
    process.kill(secondPid, 'SIGKILL');
    await service.says(/a process exited and will be restarted; other engines take over its jobs/);
    const { degraded } = JSON.parse(await (await fetch(`${service.url}/readyz`)).text());
    expect(degraded.map(({ component }: { component: string }) => component)).to.deep.equal(['engine 2']);
    const { pid: thirdPid } = JSON.parse(await service.says(SECOND_CLAIMS, 2));
    await service.says(new RegExp(`"pid":${thirdPid}.*job execution succeeded`));
    await switched('disable', jobIds);
    await idle();
    expect(await succeeded(), 'what the dead one had counted is still there').to.be.above(counted);
    await service.end('SIGTERM');
    await service.closed();

    const called = target.received.map(
      ({ headers }) => `${headers['carillon-job']} ${headers['carillon-scheduled-at']}`,
    );
    expect(new Set(called).size).to.equal(called.length);
    await stopChild(service, dataDir);
  });

  it('takes its engines along if it is killed', async () => {
    service = await startChildService(dataDir, SETTINGS);
    await service.says(SECOND_CLAIMS);
    await service.end('SIGKILL');
    await service.closed();
    await stopChild(service, dataDir);
  });
});
