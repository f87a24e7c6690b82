import { expect } from 'chai';
import { type AService, aService } from '../support/a-service/a-service.ts';
import { describeOnLogs } from '../support/logs.ts';

describeOnLogs('a service on a clock that the test moves', (log) => {
  let service: AService;

  before(async () => {
    service = await aService()
      .onLog(log)
      .from('2026-03-29T00:59:50Z')
      .withApplication('crm')
      .withJob({ name: 'each minute', pattern: '* * * * *', timezone: 'Europe/Berlin' })
      .start();
  });
  beforeEach(() => service.target.forget());
  after(() => service.stop());

  it('runs what is due at its own instant, lets all of it settle, and states what was recorded', async () => {
    const happened = await service.advance('10s');
    const ended = happened.flatMap(({ type, recordedAt }) =>
      type === 'ExecutionSucceeded' ? [new Date(recordedAt).toISOString()] : [],
    );
    expect(ended).to.deep.equal(['2026-03-29T01:00:00.000Z']);
    expect(service.target.received).to.have.length(1);
    const { body } = await service.as().get(`/jobs/${service.jobId('each minute')}/executions`);
    expect(body[0]).to.deep.include({ status: 'succeeded', scheduledAt: '2026-03-29T01:00:00.000Z' });
    expect(body[0]).to.not.have.property('late');
  });

  it('goes over hours in which nothing is due, and is never late', async () => {
    const jobId = await service.addJob({ name: 'each hour', pattern: '0 * * * *' });
    await service.as().post(`/jobs/${service.jobId('each minute')}/disable`);
    const begun = (await service.advance('3h')).filter(({ type }) => type === 'ExecutionSucceeded');
    expect(begun.map(({ recordedAt }) => new Date(recordedAt).toISOString().slice(11))).to.deep.equal([
      '02:00:00.000Z',
      '03:00:00.000Z',
      '04:00:00.000Z',
    ]);
    const { body } = await service.as().get(`/jobs/${jobId}/executions`);
    expect(body.filter((execution: object) => 'late' in execution)).to.deep.equal([]);
    await service.as().post(`/jobs/${service.jobId('each minute')}/enable`);
  });

  it('does not advance, except for the time that a request takes', async () => {
    const sinceMs = service.now();
    await service.as().get('/jobs');
    expect(service.now() - sinceMs).to.equal(1);
  });

  it('advances until the expected result comes', async () => {
    await service.target.receivedAll(1);
    expect(new Date(service.now()).toISOString()).to.match(/^2026-03-29T04:0\d:00.000Z$/);
  });

  it('states what still waits if something never comes', async () => {
    await service.addJob({ name: 'silent', schedule: { at: '2026-03-29T05:30:00Z' }, path: '/silent' });
    const { body: running } = await service.as().post(`/jobs/${service.jobId('silent')}/trigger`);
    const never = service.until(new Promise(() => {}), '10s');
    const message = await never.catch((error: Error) => error.message);
    expect(message).to.match(/ and 2026-03-29T04:\S+Z\. Still waiting:\n/);
    expect(message).to.contain(`- a response to GET ${service.target.origin}/silent`);
    expect(message).to.match(/^- 2026-03-29T04:\S+Z, in src\/engine\/run\/claim\.ts:\d+$/m);
    await service.as().post(`/executions/${running.id}/cancel`);
  });

  it('states what is not there', async () => {
    expect(() => service.jobId('other')).to.throw('nothing was created as other, only each minute, each hour, silent');
    const rejected = await service.addJob({ name: 'bad', pattern: 'never' }).catch((error: Error) => error.message);
    expect(rejected).to.match(/^POST \/jobs was answered 422: the pattern /);
  });
});
