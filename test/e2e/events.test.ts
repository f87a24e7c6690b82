import { expect } from 'chai';
import { type AService, aService } from '../support/a-service/a-service.ts';
import { describeOnLogs } from '../support/logs.ts';
import { openSse } from '../support/sse-client.ts';

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
    const own = { Authorization: `Bearer ${service.token()}` };
    const events = await openSse(`${service.url}/_/scheduler/events?after=0`, own);
    await service.as().post(`/jobs/${jobId}/trigger`);
    const seen = await events.until(({ event }) => event === 'scheduler.job.execution.succeeded');
    expect(seen.map(({ event }) => event)).to.include.members([
      'scheduler.job.created',
      'scheduler.job.execution.started',
      'scheduler.job.execution.succeeded',
    ]);
    events.close();
    const byName = await openSse(`${service.url}/_/scheduler/events?after=0&jobId=crm/by%20hand`, own);
    expect((await byName.events(1))[0]?.event).to.equal('scheduler.job.created');
    byName.close();
    const after = { ...own, 'Last-Event-ID': seen.at(-2)?.id ?? '' };
    const resumed = await openSse(`${service.url}/_/scheduler/events`, after);
    const [next] = await resumed.events(1);
    expect(next?.id).to.equal(seen.at(-1)?.id);
    const names = { jobName: 'by hand', applicationName: 'crm' };
    for (const told of [seen.at(-1), next]) expect(told?.data.data).to.include({ jobId, ...names });
    resumed.close();
  });

  it('rejects strangers and callers without the permission', async () => {
    const stranger = service.as({ permissions: ['scheduler:jobs:read'] });
    expect((await stranger.get('/events')).status).to.equal(403);
    const other = service.token({
      permissions: ['scheduler:executions:read', 'scheduler:jobs:read'],
      tenant: 'other',
    });
    const events = await openSse(`${service.url}/_/scheduler/events?after=0`, { Authorization: `Bearer ${other}` });
    await service.as().post(`/jobs/${jobId}/trigger`);
    await service.target.receivedAll(2);
    events.close();
    expect(events.seen()).to.deep.equal([]);
  });
});
