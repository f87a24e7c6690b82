import { expect } from 'chai';
import { acknowledgementStream } from '../../src/domain/streams.ts';
import type { Scope } from '../../src/projections/queries/scope.ts';
import { openProjecting, type Projecting } from '../support/projecting.ts';
import { at, slotHistory } from '../support/slot-histories.ts';

const WITH = { withResponses: true };
const NONE = { pending: 0, running: 0, succeeded: 0, failed: 0, cancelled: 0 };

const acknowledged = {
  ...{ tenant: 'globex', applicationId: 1, owner: 'ann', note: 'Asked the DBA' },
  ...{ acknowledgedAt: at('11:00'), acknowledgedBy: 'ann' },
};

describe('queries of the last hours', () => {
  let projecting: Projecting;
  before(async () => {
    projecting = await openProjecting(() => Date.parse(at('11:30')));
    projecting.run();
    await projecting.reach(
      await projecting.append([
        ...slotHistory({ jobId: 30, tenant: 'globex', name: 'fails' })
          .created('08:30')
          .claimed('08:59', 900)
          .failed('08:59', 900, 'before the hours')
          .claimed('09:00', 901)
          .succeeded('09:02', 901)
          .claimed('10:01', 902)
          .failed('10:01', 902, 'the first')
          .claimed('10:59', 903)
          .failed('10:59', 903, 'the second')
          .passed('OccurrencesMissed', ['11:00', '11:04'], 'ENGINE_DOWN').entries,
        ...slotHistory({ jobId: 31, tenant: 'globex', name: 'recovers' })
          .created('08:30')
          .claimed('10:00', 910)
          .failed('10:00', 910, 'only once')
          .claimed('11:00', 911)
          .succeeded('11:00', 911)
          .claimed('11:10', 912)
          .superseded('11:10', 912, 'edited')
          .claimed('11:20', 913).entries,
        ...slotHistory({ jobId: 33, tenant: 'globex', name: 'misses' })
          .created('08:30')
          .passed('OccurrencesMissed', ['11:20', '11:21'], 'ENGINE_DOWN').entries,
        ...[30, 33].map((jobId) => ({
          stream: acknowledgementStream(jobId),
          event: { type: 'JobAcknowledged', data: { ...acknowledged, jobId } } as const,
        })),
        ...slotHistory({ jobId: 34, tenant: 'initech', name: 'waits' })
          .created('08:30')
          .claimed('11:10', 930)
          .offered('11:10', 930)
          .claimed('11:11', 931)
          .offered('11:11', 931)
          .claimed('11:29', 932)
          .offered('11:29', 932).entries,
        ...slotHistory({ jobId: 32, tenant: 'hooli' }).created('08:30').claimed('11:00', 920).succeeded('11:00', 920)
          .entries,
      ]),
    );
  });
  after(() => projecting.close());

  it('count the executions of each hour by status, for one tenant', async () => {
    const hours = await projecting.queries.hourlyStatistics({ tenant: 'globex' }, 3);
    expect(hours.map(({ from, executions }) => ({ from, executions }))).to.deep.equal([
      { from: at('09:00'), executions: { ...NONE, succeeded: 1 } },
      { from: at('10:00'), executions: { ...NONE, failed: 3 } },
      { from: at('11:00'), executions: { ...NONE, succeeded: 1, cancelled: 1, running: 1 } },
    ]);
    expect(hours.map(({ notCalled }) => notCalled.missed)).to.deep.equal([0, 0, 7]);
    expect(hours[0]?.lateness).to.deep.equal({ sample: 1, medianMs: 1_000, p99Ms: 1_000, maxMs: 1_000 });
  });

  it('count the successes and failures of a job over spans, each with the time before', async () => {
    const { spans, isPartial } = await projecting.queries.jobStatistics({ tenant: 'globex' }, 30);
    expect(isPartial).to.equal(false);
    expect(
      spans.map(({ hours, now: { succeeded, failed }, before }) => [hours, succeeded, failed, before]),
    ).to.deep.equal([24, 168, 720].map((hours) => [hours, 1, 3, { succeeded: 0, failed: 0, p95Ms: null }]));
    expect(spans[0]?.now.p95Ms).to.be.within(0, 180_000);
    const { spans: ofOthers } = await projecting.queries.jobStatistics({ tenant: 'hooli' }, 30);
    expect(ofOthers[0]?.now).to.deep.equal({ succeeded: 0, failed: 0, p95Ms: null });
  });

  it('report the executions and slots of each job in a time, with the outcomes of the same time before', async () => {
    const requested = { from: at('10:00'), to: at('11:02') };
    const { jobs, ...rest } = await projecting.queries.report({ tenant: 'globex' }, requested);
    expect(rest).to.deep.equal({ ...requested, isPartial: false });
    expect(jobs.map(({ applicationName: _, p95Ms, ...job }) => ({ ...job, isTimed: p95Ms !== null }))).to.deep.equal([
      {
        ...{ jobId: 30, jobName: 'fails', applicationId: 3, runs: 2, succeeded: 0, failed: 2, cancelled: 0 },
        ...{ before: { succeeded: 1, failed: 1 }, slots: { late: 0, skipped: 0, missed: 0 }, isTimed: true },
      },
      {
        ...{ jobId: 33, jobName: 'misses', applicationId: 3, runs: 0, succeeded: 0, failed: 0, cancelled: 0 },
        ...{ before: { succeeded: 0, failed: 0 }, slots: { late: 0, skipped: 0, missed: 0 }, isTimed: false },
      },
      {
        ...{ jobId: 31, jobName: 'recovers', applicationId: 3, runs: 2, succeeded: 1, failed: 1, cancelled: 0 },
        ...{ before: { succeeded: 0, failed: 0 }, slots: { late: 0, skipped: 0, missed: 0 }, isTimed: true },
      },
    ]);
    const later = await projecting.queries.report({ tenant: 'globex' }, { from: at('11:02'), to: at('11:30') });
    expect(
      later.jobs.map(({ jobId, runs, cancelled, succeeded, slots }) => [
        jobId,
        runs,
        cancelled,
        succeeded,
        slots.missed,
      ]),
      'an open run is neither; slots settled together count at the last one',
    ).to.deep.equal([
      [30, 0, 0, 0, 5],
      [33, 0, 0, 0, 2],
      [31, 2, 1, 0, 0],
    ]);
  });

  it('report only of the applications that the caller and the filter allow', async () => {
    const requested = { from: at('08:00'), to: at('11:30') };
    const idsOf = async (scope: Scope, applicationId?: number) => {
      const filter = applicationId === undefined ? requested : { ...requested, applicationId };
      return (await projecting.queries.report(scope, filter)).jobs.map(({ jobId }) => jobId);
    };
    expect(await idsOf({ tenant: 'hooli' })).to.deep.equal([32]);
    expect(await idsOf({ tenant: 'globex' }, 3)).to.deep.equal([30, 33, 31]);
    expect(await idsOf({ tenant: 'globex' }, 99)).to.deep.equal([]);
    expect(await idsOf({ tenant: 'globex', applications: [99] }, 3)).to.deep.equal([]);
  });

  it('name jobs whose work no worker has taken for 5 minutes', async () => {
    const [waits, ...others] = await projecting.queries.jobsNeedingAttention({ tenant: 'initech' }, WITH);
    expect(waits).to.deep.include({ kind: 'notTaken', jobName: 'waits', since: at('11:10'), count: 2 });
    expect(waits).to.include({ executionId: 930, reason: 'queue:3/reports' });
    expect(others).to.deep.equal([]);
    const bound = { tenant: 'initech', applications: [99] };
    expect(await projecting.queries.jobsNeedingAttention(bound, WITH)).to.deep.equal([]);
  });

  it('name the jobs that fail in a row, and those that missed slots, each once', async () => {
    const found = await projecting.queries.jobsNeedingAttention({ tenant: 'globex' }, WITH);
    expect(
      found.map(({ kind, jobName, since, count, executionId }) => ({ kind, jobName, since, count, executionId })),
    ).to.deep.equal([
      { kind: 'failing', jobName: 'fails', since: at('10:01'), count: 2, executionId: 903 },
      { kind: 'missed', jobName: 'misses', since: at('11:21'), count: 2, executionId: undefined },
    ]);
    expect(
      found.map(({ acknowledgement }) => acknowledgement?.note),
      'slots that were missed since need attention again',
    ).to.deep.equal(['Asked the DBA', undefined]);
    const bound = { tenant: 'globex', applications: [99] };
    expect(
      await projecting.queries.jobsNeedingAttention(bound, WITH),
      'of a caller who is bound to others',
    ).to.deep.equal([]);
  });
});
