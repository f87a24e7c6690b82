import { rm } from 'node:fs/promises';
import { expect } from 'chai';
import { type Api, apiClient } from '../support/api.ts';
import { type ChildService, startChildService } from '../support/child-service.ts';
import { serviceSettings, startTestService, type TestService, tokenOf } from '../support/service.ts';
import { eventsOf } from '../support/service-log.ts';
import { startTarget, type Target } from '../support/target.ts';
import { passableTempDir } from '../support/temp-dir.ts';

const JOBS = 80;

describe('a bulk operation whose process is killed', () => {
  let projections: TestService;
  let target: Target;
  const dirs: string[] = [];
  const children: ChildService[] = [];

  const startChild = async (): Promise<{ child: ChildService; api: Api }> => {
    const dir = await passableTempDir('carillon-bulk-');
    dirs.push(dir);
    const settings = { ...serviceSettings, DATABASE_URL: projections.databaseUrl, LOG_LEVEL: 'warn' };
    const child = await startChildService(dir, settings, ['api', 'engine']);
    children.push(child);
    return { child, api: apiClient(child.url, tokenOf()) };
  };

  before(async () => {
    projections = await startTestService({}, ['projections']);
    target = await startTarget();
  });
  after(async () => {
    await Promise.all(children.map((child) => child.end('SIGTERM')));
    await projections.stop();
    await target.close();
    await Promise.all(dirs.map((dir) => rm(dir, { recursive: true, force: true })));
  });

  it('is gone on with by the next one, which repeats nothing', async function () {
    this.timeout(90_000);
    const first = await startChild();
    const { body: application } = await first.api.post('/applications', { name: 'many' });
    for (let each = 0; each < JOBS; each++) {
      await first.api.post('/jobs?consistency=eventual', {
        applicationId: application.id,
        name: `job-${each}`,
        pattern: '0 0 1 1 *',
        taskType: 'HttpInvokerTask',
        taskConfig: { url: `${target.origin}/ok`, method: 'GET' },
      });
    }
    const correlationId = 'a-bulk-that-is-struck';
    const bulk = { action: 'trigger', filter: { applicationId: application.id } };
    const { status, body } = await first.api.post('/jobs/bulk', bulk, { 'X-Request-Id': correlationId });
    expect([status, body.correlationId]).to.deep.equal([202, correlationId]);
    await projections.eventually(async () => {
      const { body: shown } = await first.api.get(`/operations/${body.id}`);
      return shown.done > 0 ? shown : undefined;
    });
    await first.child.end('SIGKILL');

    const second = await startChild();
    const { body: halfway } = await second.api.get(`/operations/${body.id}`);
    expect(halfway.done).to.be.below(JOBS);
    const operation = await projections.eventually(async () => {
      const { body: shown } = await second.api.get(`/operations/${body.id}`);
      return shown.endedAt === undefined ? undefined : shown;
    });
    expect(operation).to.deep.include({ state: 'completed', total: JOBS, done: JOBS, refused: {} });

    await projections.eventually(async () => {
      const { executions } = (await second.api.get('/stats')).body;
      return executions.pending + executions.running === 0 ? executions : undefined;
    });
    const requested = (await eventsOf(projections.log)).filter(({ type }) => type === 'ExecutionRequested');
    const jobs = requested.map(({ data }) => 'jobId' in data && data.jobId);
    expect([jobs.length, new Set(jobs).size]).to.deep.equal([JOBS, JOBS]);
    expect(new Set(requested.map(({ metadata }) => metadata.correlationId))).to.deep.equal(new Set([correlationId]));
  });
});
