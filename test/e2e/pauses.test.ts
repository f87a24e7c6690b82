import { expect } from 'chai';
import { describeOnLogs } from '../support/logs.ts';
import { startTestService, type TestService } from '../support/service.ts';
import { startTarget, type Target } from '../support/target.ts';

const SECOND_MS = 1_000;

type Slot = { readonly at: string; readonly outcome: string; readonly reason?: string };

describeOnLogs('the service: what calendars and pauses keep from being called', (log) => {
  let service: TestService;
  let target: Target;
  let applicationId: number;
  const api = () => service.as();

  before(async () => {
    service = await startTestService(await log.settings());
    applicationId = (await api().post('/applications', { name: 'crm' })).body.id;
    // While nothing is called, nothing is recorded: this one has the tests look again each second.
    await create('beside', `${service.url}/healthz`);
  });
  beforeEach(async () => {
    target = await startTarget();
  });
  afterEach(() => target.close());
  after(() => service.stop());

  const create = async (name: string, url: string, rules: object = {}): Promise<number> => {
    const taskConfig = { url, method: 'GET' };
    const job = { applicationId, name, pattern: '* * * * * *', taskType: 'HttpInvokerTask', taskConfig, ...rules };
    const created = await api().post('/jobs', job);
    expect(created.status).to.equal(201);
    return created.body.id;
  };
  const slotsOf = async (jobId: number, query = ''): Promise<readonly Slot[]> =>
    (await api().get(`/jobs/${jobId}/occurrences${query}`)).body;
  /** Waits until so many slots of a job were skipped for this reason. */
  const skipped = (jobId: number, reason: string): Promise<readonly Slot[]> =>
    service.eventually(async () => {
      const slots = (await slotsOf(jobId, '?outcome=skipped')).filter((slot) => slot.reason === reason);
      return slots.length >= 2 ? slots : undefined;
    });

  it('skips the slots of a paused job, refuses to trigger it, and goes on once the pause is lifted', async () => {
    const jobId = await create('paused', `${target.origin}/`);
    await target.receivedAll(1);
    const { body: pause } = await api().post('/pauses', { scope: 'target', of: target.origin, reason: 'Maintenance' });
    const called = target.received.length;
    const [first] = await skipped(jobId, 'PAUSED');
    expect(Date.parse(first?.at ?? '')).to.be.at.least(Date.parse(pause.since) - SECOND_MS);
    expect(target.received.length, 'called while it was paused').to.equal(called);

    const refused = await api().post(`/jobs/${jobId}/trigger`);
    expect([refused.status, refused.body.code]).to.deep.equal([409, 'PAUSED']);
    const executions = await api().get(`/jobs/${jobId}/executions?limit=1`);
    const rerun = `/executions/${executions.body[0].id}/rerun`;
    expect((await api().post(rerun, {})).body.code).to.equal('PAUSED');
    for (const path of [`/jobs/${jobId}/trigger`, rerun]) {
      const before = target.received.length;
      expect((await api().post(path, { force: true })).status).to.equal(202);
      await target.receivedAll(before + 1);
    }

    const forced = target.received.length;
    expect((await api().delete(`/pauses/${pause.id}`)).status).to.equal(204);
    await target.receivedAll(forced + 2);
    expect((await api().post(`/jobs/${jobId}/trigger`, {})).status).to.equal(202);
    const recorded = await skipped(jobId, 'PAUSED');
    expect(recorded.map(({ at }) => at)).to.include(first?.at);
    await api().delete(`/jobs/${jobId}`);
  });

  it('skips slots on the dates that a calendar leaves out', async () => {
    await api().put('/calendars/holidays', { dates: [] });
    const jobId = await create('left out', `${target.origin}/`, { calendar: { exclude: ['holidays'] } });
    await target.receivedAll(1);
    const days = [-1, 0, 1].map((day) => new Date(Date.now() + day * 86_400_000).toISOString().slice(0, 10));
    await api().put('/calendars/holidays', { dates: days });
    const called = target.received.length;
    await skipped(jobId, 'CALENDAR');
    expect(target.received.length, 'called on a date that is left out').to.equal(called);
    await api().put('/calendars/holidays', { dates: [] });
    await target.receivedAll(called + 1);
    await api().delete(`/jobs/${jobId}`);
  });
});
