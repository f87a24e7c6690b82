import { expect } from 'chai';
import { type AService, aService } from '../support/a-service/a-service.ts';
import { describeOnLogs } from '../support/logs.ts';

const SECOND_MS = 1_000;

type Slot = {
  readonly at: string;
  readonly outcome: string;
  readonly reason?: string;
  readonly expected?: string;
  readonly expectedReason?: string;
  readonly pauseId?: number;
};

describeOnLogs('the service: what calendars and pauses keep from being called', (log) => {
  let service: AService;
  const api = () => service.as();

  before(async () => {
    service = await aService().onLog(log).withApplication('crm').start();
  });
  beforeEach(() => service.target.forget());
  after(() => service.stop());

  const called = (): number => service.target.received.length;
  const add = (name: string, rules: object = {}): Promise<number> =>
    service.addJob({ name, pattern: '* * * * * *', ...rules });
  /** The slots of a job that were skipped for this reason. */
  const skipped = async (jobId: number, reason: string): Promise<readonly Slot[]> => {
    const { body }: { body: readonly Slot[] } = await api().get(`/jobs/${jobId}/occurrences?outcome=skipped`);
    return body.filter((slot) => slot.reason === reason);
  };

  it('skips slots and rejects triggers during a pause, then resumes', async () => {
    const jobId = await add('paused');
    await service.advance('1s');
    expect(called()).to.equal(1);
    const { body: pause } = await api().post('/pauses', {
      scope: 'target',
      of: service.target.origin,
      reason: 'Maintenance',
    });
    await service.advance('3s');
    expect(called(), 'called while it was paused').to.equal(1);
    const [first, ...later] = await skipped(jobId, 'PAUSED');
    expect(later).to.not.be.empty;
    expect(Date.parse(first?.at ?? '')).to.be.at.least(Date.parse(pause.createdAt) - SECOND_MS);

    const rejected = await api().post(`/jobs/${jobId}/trigger`);
    expect([rejected.status, rejected.body.code]).to.deep.equal([409, 'PAUSED']);
    const executions = await api().get(`/jobs/${jobId}/executions?limit=1`);
    const rerun = `/executions/${executions.body[0].id}/rerun`;
    expect((await api().post(rerun, {})).body.code).to.equal('PAUSED');
    for (const path of [`/jobs/${jobId}/trigger`, rerun]) {
      const before = called();
      expect((await api().post(path, { force: true })).status).to.equal(202);
      await service.target.receivedAll(before + 1);
    }

    const forced = called();
    expect((await api().delete(`/pauses/${pause.id}`)).status).to.equal(204);
    await service.advance('2s');
    expect(called()).to.equal(forced + 2);
    expect((await api().post(`/jobs/${jobId}/trigger`, {})).status).to.equal(202);
    const recorded = await skipped(jobId, 'PAUSED');
    expect(recorded.map(({ at }) => at)).to.include(first?.at);
    await api().delete(`/jobs/${jobId}`);
  });

  it('pauses jobs by labels or application, including later ones', async () => {
    const before = await add('labelled', { labels: { team: 'crm', stage: 'test' }, path: '/labelled' });
    const free = await add('free', { labels: { team: 'crm' }, path: '/free' });
    const { status, body: pause } = await api().post('/pauses', {
      scope: 'labels',
      of: { team: 'crm', stage: 'test' },
      reason: 'Tests rest',
    });
    expect([status, pause.of]).to.deep.equal([201, { team: 'crm', stage: 'test' }]);
    const after = await add('labelled later', { labels: { stage: 'test', team: 'crm' }, path: '/labelled' });
    const callsOf = (path: string) => service.target.received.filter(({ url }) => url === path).length;
    const [calledBefore, freeBefore] = [callsOf('/labelled'), callsOf('/free')];
    await service.advance('2s');
    expect([callsOf('/labelled'), callsOf('/free')]).to.deep.equal([calledBefore, freeBefore + 2]);
    expect((await api().put(`/jobs/${free}`, { labels: { team: 'crm', stage: 'test' } })).status).to.equal(200);
    const freeAfter = callsOf('/free');
    await service.advance('2s');
    expect(callsOf('/free'), 'it has the labels now').to.equal(freeAfter);
    const stateOf = async (id: number) => (await api().get(`/jobs/${id}`)).body.state;
    for (const id of [before, after, free])
      expect(await stateOf(id)).to.include({ name: 'paused', reason: 'Tests rest' });
    const paused = await api().get('/jobs?state=paused');
    expect(paused.body.map(({ id }: { id: number }) => id)).to.have.members([before, after, free]);
    const [slot] = await skipped(after, 'PAUSED');
    expect(slot).to.include({ outcome: 'skipped', pauseId: pause.id });
    await api().delete(`/pauses/${pause.id}`);
    await service.advance('2s');
    expect(callsOf('/labelled')).to.be.above(calledBefore);

    const ofApplication = await api().post('/pauses', { scope: 'application', of: 'crm' });
    const made = await add('made in a pause', { path: '/made' });
    await service.advance('2s');
    expect([callsOf('/made'), (await stateOf(made)).name]).to.deep.equal([0, 'paused']);
    await api().delete(`/pauses/${ofApplication.body.id}`);
    for (const id of [before, after, free, made]) await api().delete(`/jobs/${id}`);
  });

  it('pauses one job for a time, and no other', async () => {
    const jobId = await add('resting', { path: '/resting' });
    const neighbour = await add('neighbour', { path: '/neighbour' });
    const { status, body: pause } = await api().post('/pauses', { scope: 'job', of: 'crm/resting', until: '5s' });
    expect([status, pause.of, Date.parse(pause.until) - Date.parse(pause.createdAt)]).to.deep.equal([
      201,
      jobId,
      5_000,
    ]);
    const { body: job } = await api().get(`/jobs/${jobId}`);
    expect(job.nextRunAt >= pause.until, `${job.nextRunAt} is behind ${pause.until}`).to.equal(true);
    expect((await api().post(`/jobs/${jobId}/trigger`)).body.code).to.equal('PAUSED');
    await service.advance('4s');
    const paths = () => service.target.received.map(({ url }) => url);
    expect(new Set(paths())).to.deep.equal(new Set(['/neighbour']));
    expect(await skipped(neighbour, 'PAUSED')).to.deep.equal([]);
    expect(await skipped(jobId, 'PAUSED')).to.have.length.of.at.least(3);
    await service.advance('3s');
    expect(paths()).to.include('/resting');
    for (const id of [jobId, neighbour]) await api().delete(`/jobs/${id}`);
  });

  it('begins at its time, unless it was ended before', async () => {
    const jobId = await add('planned', { path: '/planned' });
    const [from, until] = [4_000, 9_000].map((ms) => new Date(service.now() + ms).toISOString());
    const { status, body: pause } = await api().post('/pauses', { scope: 'job', of: jobId, from, until });
    expect([status, pause.from, pause.until]).to.deep.equal([201, from, until]);
    const { body: lifted } = await api().post('/pauses', { scope: 'tenant', from, until: '1h' });
    expect(Date.parse(lifted.until) - Date.parse(lifted.from)).to.equal(3_600_000);
    const ids = async () => (await api().get('/pauses')).body.map(({ id }: { id: number }) => id);
    expect(await ids()).to.include.members([pause.id, lifted.id]);
    expect((await api().delete(`/pauses/${lifted.id}`)).status).to.equal(204);
    expect(await ids())
      .to.include(pause.id)
      .and.not.include(lifted.id);

    const { body: before } = await api().get(`/jobs/${jobId}`);
    expect(before.state).to.deep.equal({ name: 'active' });
    expect(before.nextRunAt < (from ?? '')).to.equal(true);
    const ahead = `/jobs/${jobId}/occurrences?from=${from}&to=${until}`;
    const { body: coming } = await api().get(ahead);
    expect(coming.map(({ expected, expectedReason }: Slot) => [expected, expectedReason]).slice(0, 3)).to.deep.equal(
      Array.from({ length: 3 }, () => ['skipped', 'PAUSED']),
    );
    const called = () => service.target.received.filter(({ url }) => url === '/planned');
    await service.advance('3s');
    expect(called().length).to.be.above(0);
    await service.advance('2s');
    const { body: paused } = await api().get(`/jobs/${jobId}`);
    expect(paused.state).to.deep.equal({ name: 'paused', by: 'ann', since: from, until });
    expect(paused.nextRunAt >= (until ?? '')).to.equal(true);
    expect((await api().post(`/jobs/${jobId}/trigger`)).body.code).to.equal('PAUSED');
    await service.advance('8s');
    const slots = called().map(({ headers }) => String(headers['carillon-scheduled-at']));
    expect(slots.some((at) => at >= (from ?? '') && at < (until ?? ''))).to.equal(false);
    expect(slots.some((at) => at >= (until ?? ''))).to.equal(true);
    const { body: explained } = await api().get(ahead);
    expect(new Set(explained.map(({ outcome, pauseId }: Slot) => `${outcome} ${pauseId}`))).to.include(
      `skipped ${pause.id}`,
    );
    await api().delete(`/jobs/${jobId}`);
  });

  it('end at midnight in the zone of the job, or in UTC for several jobs', async () => {
    const jobId = await add('far west', { timezone: 'Pacific/Honolulu' });
    for (const [pause, until] of [
      [{ scope: 'job', of: jobId }, '2026-12-24T10:00:00.000Z'],
      [{ scope: 'job', of: 'crm/far west' }, '2026-12-24T10:00:00.000Z'],
      [{ scope: 'tenant' }, '2026-12-24T00:00:00.000Z'],
    ] as const) {
      const { body } = await api().post('/pauses', { ...pause, until: '2026-12-24' });
      expect(body.until, JSON.stringify(pause)).to.equal(until);
      const shown: readonly { id: number; until: string }[] = (await api().get('/pauses')).body;
      expect(shown.find(({ id }) => id === body.id)?.until).to.equal(until);
      await api().delete(`/pauses/${body.id}`);
    }
    await api().delete(`/jobs/${jobId}`);
  });

  it('catches up after a pause with the last slot, or all of them', async () => {
    const slotsOf = async (id: number): Promise<readonly Slot[]> => {
      const from = new Date(service.now() - 520_000).toISOString();
      return (await api().get(`/jobs/${id}/occurrences?from=${from}&limit=200`)).body;
    };
    const heldBack = (slots: readonly Slot[]) => slots.filter(({ expected }) => expected === 'late');
    for (const [catchUp, paused] of [
      ['last', '63s'],
      ['all', '513s'],
    ] as const) {
      const jobId = await add(`made up for: ${catchUp}`, { pattern: '*/5 * * * * *', path: `/${catchUp}` });
      const { body: pause } = await api().post('/pauses', { scope: 'job', of: jobId, catchUp });
      expect(pause.catchUp).to.equal(catchUp);
      await service.advance(paused);
      const paths = () => service.target.received.map(({ url }) => url).filter((url) => url === `/${catchUp}`);
      expect(paths()).to.deep.equal([]);
      const before = heldBack(await slotsOf(jobId)).filter(({ at }) => Date.parse(at) <= service.now());
      expect(before).to.have.length(catchUp === 'last' ? 1 : 100);
      expect(before.at(-1)).to.include({ outcome: 'due', expectedReason: 'PAUSED', pauseId: pause.id });

      await api().delete(`/pauses/${pause.id}`);
      await service.advance('4s');
      // One that came due right before is called in time.
      const called = (await slotsOf(jobId)).filter(
        ({ reason, outcome }) => outcome === 'fired' || (outcome === 'late' && reason === 'PAUSED'),
      );
      expect(called.map(({ at }) => at)).to.include.members(before.map(({ at }) => at));
      expect(called.length, 'one more may have come due').to.be.within(before.length, before.length + 1);
      expect(paths()).to.have.length(called.length);
      const { body: skippedThen } = await api().get(`/jobs/${jobId}/occurrences?outcome=skipped&limit=1`);
      expect(skippedThen[0]).to.include({ reason: 'PAUSED', pauseId: pause.id });
      await api().delete(`/jobs/${jobId}`);
    }
    const { status, body } = await api().post('/pauses', { scope: 'tenant', catchUp: 'some' });
    expect([status, body.errors[0].pointer]).to.deep.equal([400, '/catchUp']);
  });
});
