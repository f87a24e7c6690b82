import { expect } from 'chai';
import type { UpdateJob } from '../../../../src/commands/job/job-input.ts';
import { decideUpdateJob } from '../../../../src/commands/job/update-job.ts';
import type { Actor, JobDefinition } from '../../../../src/domain/events/index.ts';
import { evolveJob, initialJob, type Job } from '../../../../src/domain/job/job.ts';
import type { TaskConfig } from '../../../../src/domain/tasks/stored.ts';
import { specOf } from '../../../support/given.ts';
import { aJob, jobCreated } from '../../../support/jobs.ts';

const { given } = specOf(initialJob, evolveJob);
const at = '2026-03-02T10:00:00.000Z';
const update = (change: UpdateJob, taskConfig?: TaskConfig) =>
  updateBy({ type: 'user', name: 'bob' }, change, taskConfig);
const updateBy = (actor: Actor, change: UpdateJob, taskConfig?: TaskConfig) => (job: Job) =>
  decideUpdateJob({ change, jobId: 7, tenant: 'acme', actor, seal: () => taskConfig }, job, Date.parse(at));
const updated = { updatedAt: at, updatedBy: 'bob' };

describe('update job', () => {
  it('merges the fields that were given, and leaves the schedule’s start if it was', () => {
    given(jobCreated())
      .when(update({ description: 'twice', name: 'other' }))
      .thenOnce({ type: 'JobUpdated', data: aJob({ description: 'twice', name: 'other', ...updated }) });
  });
  it('lets a new pattern or zone begin now', () => {
    given(jobCreated())
      .when(update({ pattern: '*/10 * * * *' }))
      .thenOnce({ type: 'JobUpdated', data: aJob({ pattern: '*/10 * * * *', scheduleSince: at, ...updated }) });
    given(jobCreated())
      .when(update({ timezone: 'Europe/Rome' }))
      .thenOnce({ type: 'JobUpdated', data: aJob({ timezone: 'Europe/Rome', scheduleSince: at, ...updated }) });
  });
  it('clears optional fields by null', () => {
    given(jobCreated({ description: 'once', labels: { team: 'a' }, timezone: 'Europe/Rome' }))
      .when(update({ description: null, labels: null, timezone: null }))
      .thenOnce({ type: 'JobUpdated', data: aJob({ scheduleSince: at, ...updated }) });
  });
  it('sets, replaces and clears rules, and keeps the start of the schedule', () => {
    given(jobCreated({ overlap: 'queue', retry: { maxAttempts: 3, maxElapsed: '1h' }, jitter: '5m' }))
      .when(update({ misfire: 'all', retry: { maxAttempts: 5 }, jitter: null }))
      .thenOnce({
        type: 'JobUpdated',
        data: aJob({ overlap: 'queue', misfire: 'all', retry: { maxAttempts: 5 }, ...updated }),
      });
  });
  it('lets a new number of runs begin now, and counts again once it is cleared', () => {
    given(jobCreated())
      .when(update({ maxRuns: 3 }))
      .thenOnce({ type: 'JobUpdated', data: aJob({ maxRuns: 3, scheduleSince: at, ...updated }) });
    given(jobCreated({ maxRuns: 3 }))
      .when(update({ maxRuns: null }))
      .thenOnce({ type: 'JobUpdated', data: aJob({ scheduleSince: at, ...updated }) });
  });
  it('replaces taskConfig completely', () => {
    const taskConfig = { url: 'https://example.com/other', method: 'POST' } as const;
    given(jobCreated())
      .when(update({ taskConfig: { ...taskConfig } }, taskConfig))
      .thenOnce({ type: 'JobUpdated', data: aJob({ taskConfig, ...updated }) });
  });
  it('records nothing when all is so already, as when what was got is put back', () => {
    const { name, pattern, enabled, calendar } = aJob({ calendar: { exclude: ['holidays'] } });
    given(jobCreated({ calendar }))
      .when(update({ id: 7, name, pattern, enabled, calendar, application: {}, updatedAt: 'x', updatedBy: 'y' }))
      .thenNothing();
  });
  it('records once that a bootstrap adopted an unchanged job', () => {
    const adopt = updateBy({ type: 'bootstrap', name: 'crm' }, { enabled: true });
    given(jobCreated())
      .when(adopt)
      .thenOnce({ type: 'JobUpdated', data: aJob({ updatedAt: at, updatedBy: 'bootstrap:crm' }) });
    given(jobCreated({ updatedBy: 'bootstrap:crm' }))
      .when(adopt)
      .thenNothing();
  });
  it('does not move a job to another application', () => {
    given(jobCreated())
      .when(update({ applicationId: 4 }))
      .thenRejected('JOB_STAYS');
  });
  it('rejects a bad pattern, zone or span by its field', () => {
    given(jobCreated())
      .when(update({ pattern: '61 * * * *' }))
      .thenRejected('BAD_PATTERN');
    given(jobCreated())
      .when(update({ timezone: 'Mars/Base' }))
      .thenRejected('UNKNOWN_TIMEZONE');
    given(jobCreated())
      .when(update({ startAt: '2026-05-02T00:00:00.000Z', endAt: '2026-05-01T00:00:00.000Z' }))
      .thenRejected('BAD_RANGE');
  });
  it('rejects what would contradict what stays', () => {
    given(jobCreated({ misfire: 'all', misfireLimit: 5 }))
      .when(update({ misfire: null }))
      .thenRejected('BAD_COMBINATION');
    given(jobCreated({ retry: { maxAttempts: 3, retryOn: [503] } }))
      .when(
        update(
          { taskConfig: { url: 'https://example.com', method: 'GET' } },
          { ...aJob().taskConfig, successStatus: [503] },
        ),
      )
      .thenRejected('BAD_COMBINATION');
  });
  describe('of a schedule', () => {
    const { pattern: _, ...withoutPattern } = aJob();
    const daily = { ...withoutPattern, schedule: { every: '1d' } };
    const past = { ...withoutPattern, schedule: { at: '2026-03-02T09:00:00.000Z' } };
    const created = (data: JobDefinition) => given({ type: 'JobCreated', data });

    it('replaces a pattern by a schedule, and the other way round', () => {
      given(jobCreated())
        .when(update({ schedule: { every: '1d' } }))
        .thenOnce({ type: 'JobUpdated', data: { ...daily, scheduleSince: at, ...updated } });
      created(daily)
        .when(update({ pattern: '* * * * *' }))
        .thenOnce({ type: 'JobUpdated', data: aJob({ scheduleSince: at, ...updated }) });
      created(daily)
        .when(update({ pattern: '* * * * *', schedule: null }))
        .thenOnce({ type: 'JobUpdated', data: aJob({ scheduleSince: at, ...updated }) });
    });
    it('leaves an interval if it was counted from, unless it changes', () => {
      created(daily)
        .when(update({ schedule: { every: '1d' }, name: 'other' }))
        .thenOnce({ type: 'JobUpdated', data: { ...daily, name: 'other', ...updated } });
      created(daily)
        .when(update({ schedule: { every: '2d' } }))
        .thenOnce({
          type: 'JobUpdated',
          data: { ...daily, schedule: { every: '2d' }, scheduleSince: at, ...updated },
        });
    });
    it('makes a job manual that has neither, unless it has rules for slots', () => {
      given(jobCreated())
        .when(update({ pattern: null }))
        .thenOnce({ type: 'JobUpdated', data: { ...withoutPattern, scheduleSince: at, ...updated } });
      given(jobCreated({ jitter: '1m' }))
        .when(update({ pattern: null }))
        .thenRejected('BAD_COMBINATION', ['/jitter']);
    });
    it('rejects both, naming both', () => {
      const both = ['/pattern', '/schedule'];
      given(jobCreated())
        .when(update({ pattern: '0 * * * *', schedule: { every: '1d' } }))
        .thenRejected('BAD_SCHEDULE', both);
    });
    it('rejects an instant that has passed, unless the job had it already', () => {
      given(jobCreated())
        .when(update({ schedule: { at } }))
        .thenRejected('BAD_SCHEDULE', ['/schedule/at']);
      created(past)
        .when(update({ timezone: 'Europe/Rome' }))
        .thenRejected('BAD_SCHEDULE', ['/schedule/at']);
      created(past)
        .when(update({ schedule: past.schedule, name: 'other' }))
        .thenOnce({ type: 'JobUpdated', data: { ...past, name: 'other', ...updated } });
    });
    it('rejects a span that excludes the instant, naming both', () => {
      const schedule = { at: '2026-06-01T00:00:00.000Z' };
      given(jobCreated())
        .when(update({ schedule, startAt: '2026-06-01T00:00:00.001Z' }))
        .thenRejected('BAD_RANGE', ['/schedule/at', '/startAt']);
      given(jobCreated())
        .when(update({ schedule, endAt: '2026-06-01T00:00:00.000Z' }))
        .thenRejected('BAD_RANGE', ['/schedule/at', '/endAt']);
    });
  });
  it('does not touch the job it is given', () => {
    const job = Object.freeze(evolveJob(initialJob, jobCreated()));
    expect(update({ name: 'x' })(job)).to.have.length(1);
  });
});
