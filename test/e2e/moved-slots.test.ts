import { expect } from 'chai';
import { type AService, aService } from '../support/a-service/a-service.ts';

/** 2026-10-24 is a Saturday. */
const WEEKEND = ['2026-10-24', '2026-10-25'];

describe('the service: slots that a calendar moves', () => {
  let service: AService;
  const api = () => service.as();
  const ids: Record<string, number> = {};

  before(async () => {
    service = await aService().from('2026-10-21T08:00:00.000Z').withApplication('payroll').start();
    await api().put('/calendars/weekends', { dates: WEEKEND });
    for (const shift of ['next', 'previous'])
      ids[shift] = await service.addJob({
        name: shift,
        pattern: '0 9 25 * *',
        calendar: { exclude: ['weekends'], shift },
      });
  });
  after(() => service.stop());

  const occurrences = async (shift: string, query: string) =>
    (await api().get(`/jobs/${ids[shift]}/occurrences?from=2026-10-24&to=2026-10-27${query}`)).body;
  const nextRunAt = async (shift: string) => (await api().get(`/jobs/${ids[shift]}`)).body.nextRunAt;

  it('shows when they are due', async () => {
    expect(await nextRunAt('next')).to.equal('2026-10-26T09:00:00.000Z');
    expect(await nextRunAt('previous')).to.equal('2026-10-23T09:00:00.000Z');
    const [slot] = await occurrences('next', '');
    expect(slot).to.deep.include({
      at: '2026-10-25T09:00:00.000Z',
      dueAt: '2026-10-26T09:00:00.000Z',
      outcome: 'due',
      calendars: ['weekends'],
    });
    const upcoming = await api().get('/upcoming?minutes=1440');
    expect(upcoming.body.first).to.deep.equal([]);
  });

  it('calls them then, once, and keeps when they were due', async () => {
    await service.advance('3d');
    expect(service.target.received).to.have.length(1);
    const executions = (shift: string) => api().get(`/jobs/${ids[shift]}/executions`);
    const [early] = (await executions('previous')).body;
    expect(early).to.include({ scheduledAt: '2026-10-25T09:00:00.000Z', dueAt: '2026-10-23T09:00:00.000Z' });
    expect(early).to.not.have.property('late');
    expect(early.startedAt.slice(0, 19)).to.equal('2026-10-23T09:00:00');
    expect(await nextRunAt('previous')).to.equal('2026-11-25T09:00:00.000Z');
    // The calendar is changed afterwards.
    await api().put('/calendars/weekends', { dates: ['2026-10-25', '2026-10-26'] });
    await service.advance('4d');
    expect(service.target.received).to.have.length(2);
    const [late] = (await executions('next')).body;
    expect(late).to.include({ scheduledAt: '2026-10-25T09:00:00.000Z', dueAt: '2026-10-27T09:00:00.000Z' });
    expect(late).to.not.have.property('late');
    const [slot] = await occurrences('next', '');
    expect(slot).to.include({ outcome: 'fired', dueAt: '2026-10-27T09:00:00.000Z' });
    const [before] = await occurrences('next', '&asOf=2026-10-25T12:00:00Z');
    expect(before).to.include({ outcome: 'due', dueAt: '2026-10-27T09:00:00.000Z' });
    const [then] = await occurrences('previous', '&asOf=2026-10-22T12:00:00Z');
    expect(then).to.include({ outcome: 'due', dueAt: '2026-10-23T09:00:00.000Z' });
  });

  it('begins a schedule with the slots that are due after it was set', async () => {
    await api().put('/calendars/weekends', { dates: ['2026-10-28', '2026-10-29', '2026-10-30'] });
    // It is Wednesday, the 28th.
    const jobId = await service.addJob({
      name: 'late',
      pattern: '0 7 28 * *',
      calendar: { exclude: ['weekends'], shift: 'next' },
    });
    const { body } = await api().get(`/jobs/${jobId}`);
    expect(body.nextRunAt).to.equal('2026-10-31T07:00:00.000Z');
    const called = service.target.received.length;
    await service.advance('3d');
    expect(service.target.received).to.have.length(called + 1);
    const early = { pattern: '0 7 2 * *', calendar: { exclude: ['weekends'], shift: 'previous' } };
    await api().put('/calendars/weekends', { dates: ['2026-10-31', '2026-11-01', '2026-11-02'] });
    const { body: created } = await api().get(`/jobs/${await service.addJob({ name: 'early', ...early })}`);
    expect(created.nextRunAt).to.equal('2026-12-02T07:00:00.000Z');
    await service.advance('3d');
    expect(service.target.received).to.have.length(called + 1);
  });

  it('completes a job once its last slot was called, wherever that was moved to', async () => {
    // It is Tuesday, the 3rd of November.
    await api().put('/calendars/weekends', { dates: ['2026-11-04', '2026-11-05'] });
    const calendar = { exclude: ['weekends'], shift: 'next' };
    const jobId = await service.addJob({ name: 'once', schedule: { at: '2026-11-04T07:00:00Z' }, calendar });
    const state = async () => {
      const { body } = await api().get(`/jobs/${jobId}`);
      const { body: listed } = await api().get('/jobs?state=completed');
      return [body.state.name, body.completed, body.nextRunAt, listed.some(({ id }: { id: number }) => id === jobId)];
    };
    await service.advance('2d');
    expect(await state()).to.deep.equal(['active', undefined, '2026-11-06T07:00:00.000Z', false]);
    await service.advance('1d');
    expect(await state()).to.deep.equal(['completed', true, null, true]);
  });
});
