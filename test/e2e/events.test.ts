import { expect } from 'chai';
import { type AService, aService } from '../support/a-service/a-service.ts';
import { readEvents } from '../support/event-stream.ts';
import { describeOnLogs } from '../support/logs.ts';

describeOnLogs('the service: events as they happen', (log) => {
  let service: AService;
  let jobId: number;
  before(async () => {
    service = await aService()
      .onLog(log)
      .withApplication('crm')
      .withJob({ name: 'by hand', enabled: false, pattern: '0 2 * * *' })
      .start();
    jobId = service.jobId('by hand');
  });
  after(() => service.stop());

  it('reports a caller of a run from its request to its end, and resumes after the last event it gave', async () => {
    const events = await readEvents(`${service.url}/_/scheduler/events?after=0`, service.token());
    await service.as().post(`/jobs/${jobId}/trigger`);
    const seen = await events.until(({ type }) => type === 'scheduler.job.execution.succeeded');
    expect(seen.map(({ type }) => type)).to.include.members([
      'scheduler.job.created',
      'scheduler.job.execution.started',
      'scheduler.job.execution.succeeded',
    ]);
    events.stop();
    const byName = await readEvents(`${service.url}/_/scheduler/events?after=0&jobId=crm/by%20hand`, service.token());
    expect((await byName.until(() => true))[0]?.type).to.equal('scheduler.job.created');
    byName.stop();
    const resumed = await readEvents(`${service.url}/_/scheduler/events`, service.token(), seen.at(-2)?.id);
    const [next] = await resumed.until(() => true);
    expect(next?.id).to.equal(seen.at(-1)?.id);
    const names = { jobName: 'by hand', applicationName: 'crm' };
    for (const told of [seen.at(-1), next]) expect(JSON.parse(told?.data ?? '').data).to.include({ jobId, ...names });
    resumed.stop();
  });

  it('rejects strangers and callers without the permission', async () => {
    const stranger = service.as({ permissions: ['scheduler:jobs:read'] });
    expect((await stranger.get('/events')).status).to.equal(403);
    const other = service.token({
      permissions: ['scheduler:executions:read', 'scheduler:jobs:read'],
      tenant: 'other',
    });
    const events = await readEvents(`${service.url}/_/scheduler/events?after=0`, other);
    await service.as().post(`/jobs/${jobId}/trigger`);
    await service.target.receivedAll(2);
    events.stop();
    expect(events.seen).to.deep.equal([]);
  });
});
