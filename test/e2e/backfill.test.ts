import { expect } from 'chai';
import { type AService, aService } from '../support/a-service/a-service.ts';
import { describeOnLogs } from '../support/logs.ts';

const MINUTE_MS = 60_000;
/** An hour of the day before the clock begins. */
const TO_MS = Date.parse('2026-03-01T09:00:00Z');
const FROM_MS = TO_MS - 60 * MINUTE_MS;
const hour = { from: new Date(FROM_MS).toISOString(), to: new Date(TO_MS).toISOString() };
const MINUTES = Array.from({ length: 60 }, (_, index) => new Date(FROM_MS + (index + 1) * MINUTE_MS).toISOString());

describeOnLogs('the service: backfills', (log) => {
  let service: AService;
  const api = () => service.as();

  before(async () => {
    service = await aService().onLog(log).withApplication('crm').start();
  });
  beforeEach(() => service.target.forget());
  after(() => service.stop());

  /** A job that is due each minute, and has no slot soon. */
  const create = (name: string, path: string, rules: object = {}): Promise<number> => {
    const endAt = new Date(service.now() + 1_000).toISOString();
    return service.addJob({ name, path, pattern: '* * * * *', taskConfig: { timeout: 60_000 }, endAt, ...rules });
  };
  const ended = (jobId: number, id: number) =>
    service.eventually(async () => {
      const { body } = await api().get(`/jobs/${jobId}/backfills/${id}`);
      return body.waiting + body.running === 0 ? body : undefined;
    });

  it('call each slot of a past hour once, with its own parameters', async () => {
    const jobId = await create('hourly', '/echo?at=${T:YYYY-MM-DDTHH:mm}', { overlap: 'allow' });
    const dryRun = await api().post(`/jobs/${jobId}/backfills`, { ...hour, dryRun: true });
    expect([dryRun.status, dryRun.body]).to.deep.equal([200, { total: 60, slots: MINUTES }]);
    expect((await api().get(`/jobs/${jobId}/backfills`)).body).to.deep.equal([]);

    const request = { ...hour, parallel: 4, reason: 'the CRM was down' };
    const key = { 'Idempotency-Key': `backfill-${jobId}` };
    const requested = await api().post(`/jobs/${jobId}/backfills`, request, key);
    const { id } = requested.body;
    expect([requested.status, requested.headers.get('location')]).to.deep.equal([
      202,
      `/_/scheduler/jobs/${jobId}/backfills/${id}`,
    ]);
    expect(requested.body).to.include({ status: 'running', total: 60, waiting: 60, reason: 'the CRM was down' });
    expect((await api().post(`/jobs/${jobId}/backfills`, request, key)).body).to.deep.equal(requested.body);

    expect(await ended(jobId, id)).to.include({ status: 'succeeded', total: 60, succeeded: 60, cancelled: 0 });
    const called = service.target.received.map(({ url }) => decodeURIComponent(url.slice('/echo?at='.length))).sort();
    expect(called).to.deep.equal(MINUTES.map((slot) => slot.slice(0, 16)));
    const executions = (await api().get(`/jobs/${jobId}/executions?backfillId=${id}&limit=500`)).body;
    expect(executions).to.have.length(60);
    expect((await api().get(`/executions?backfillId=${id + 1}`)).body).to.deep.equal([]);
    expect(executions[0]).to.include({ trigger: 'backfill', backfillId: id });

    const again = await api().post(`/jobs/${jobId}/backfills`, { ...hour, reprocess: 'failed' });
    expect(again.body).to.include({ total: 0, status: 'succeeded' });
  });

  it('call nothing more once they are cancelled, or their job is deleted', async () => {
    const jobId = await create('silent', '/silent');
    const { body } = await api().post(`/jobs/${jobId}/backfills`, hour);
    await service.target.receivedAll(1);
    const path = `/jobs/${jobId}/backfills/${body.id}`;
    expect((await api().delete(path)).status).to.equal(204);
    expect((await api().get(path)).body).to.include({ status: 'cancelled', waiting: 0, running: 1, cancelled: 59 });
    expect((await api().delete(path)).status, 'again').to.equal(204);
    const [running] = (await api().get(`/jobs/${jobId}/executions?status=running`)).body;
    await api().post(`/executions/${running.id}/cancel`);
    expect(await ended(jobId, body.id)).to.include({ cancelled: 60 });

    // One slot of the hour was called already.
    const second = await api().post(`/jobs/${jobId}/backfills`, hour);
    await service.target.receivedAll(2);
    expect((await api().delete(`/jobs/${jobId}`)).status).to.equal(204);
    const [open] = (await api().get(`/jobs/${jobId}/executions?status=running`)).body;
    await api().post(`/executions/${open.id}/cancel`);
    expect(await ended(jobId, second.body.id)).to.include({ status: 'cancelled', cancelled: 59 });
    expect((await api().get(`/jobs/${jobId}/backfills`)).body).to.have.length(2);
    expect((await api().post(`/jobs/${jobId}/backfills`, hour)).body.code).to.equal('JOB_NOT_FOUND');
    expect(service.target.received).to.have.length(2);
  });
});
