import { expect } from 'chai';
import type { UpdateJob } from '../../../../src/commands/jobs/job-input.ts';
import { decideUpdateJob } from '../../../../src/commands/jobs/update-job.ts';
import type { TaskConfig } from '../../../../src/domain/events/index.ts';
import { evolveJob, initialJob, type Job } from '../../../../src/domain/job/job.ts';
import { specOf } from '../../../support/given.ts';
import { aJob, jobCreated } from '../../../support/jobs.ts';

const { given } = specOf(initialJob, evolveJob);
const at = '2026-03-02T10:00:00.000Z';
const update = (change: UpdateJob, taskConfig?: TaskConfig) => (job: Job) =>
  decideUpdateJob(
    { change, jobId: 7, tenant: 'acme', actor: { type: 'user', name: 'bob' }, seal: () => taskConfig },
    job,
    Date.parse(at),
  );
const updated = { updatedAt: at, updatedBy: 'bob' };

describe('update job', () => {
  it('merges the fields that were given, and leaves the schedule’s start where it was', () => {
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
  it('sets, replaces and clears what is said about runs, and leaves the schedule’s start where it was', () => {
    given(jobCreated({ overlap: 'queue', retry: { maxAttempts: 3, maxElapsed: '1h' }, jitter: '5m' }))
      .when(update({ misfire: 'all', retry: { maxAttempts: 5 }, jitter: null }))
      .thenOnce({
        type: 'JobUpdated',
        data: aJob({ overlap: 'queue', misfire: 'all', retry: { maxAttempts: 5 }, ...updated }),
      });
  });
  it('lets a new number of runs begin now, and counts anew once it is cleared', () => {
    given(jobCreated())
      .when(update({ maxRuns: 3 }))
      .thenOnce({ type: 'JobUpdated', data: aJob({ maxRuns: 3, scheduleSince: at, ...updated }) });
    given(jobCreated({ maxRuns: 3 }))
      .when(update({ maxRuns: null }))
      .thenOnce({ type: 'JobUpdated', data: aJob({ scheduleSince: at, ...updated }) });
  });
  it('replaces taskConfig whole', () => {
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
  it('refuses to move a job to another application', () => {
    given(jobCreated())
      .when(update({ applicationId: 4 }))
      .thenRefused('JOB_STAYS');
  });
  it('refuses a bad pattern, zone or span by its field', () => {
    given(jobCreated())
      .when(update({ pattern: '61 * * * *' }))
      .thenRefused('BAD_PATTERN');
    given(jobCreated())
      .when(update({ timezone: 'Mars/Base' }))
      .thenRefused('UNKNOWN_TIMEZONE');
    given(jobCreated())
      .when(update({ startAt: '2026-05-02T00:00:00.000Z', endAt: '2026-05-01T00:00:00.000Z' }))
      .thenRefused('BAD_SPAN');
  });
  it('refuses what would contradict what stays', () => {
    given(jobCreated({ misfire: 'all', misfireLimit: 5 }))
      .when(update({ misfire: null }))
      .thenRefused('BAD_COMBINATION');
    given(jobCreated({ retry: { maxAttempts: 3, retryOn: [503] } }))
      .when(
        update(
          { taskConfig: { url: 'https://example.com', method: 'GET' } },
          { ...aJob().taskConfig, successStatus: [503] },
        ),
      )
      .thenRefused('BAD_COMBINATION');
  });
  it('does not touch the job it is given', () => {
    const job = Object.freeze(evolveJob(initialJob, jobCreated()));
    expect(update({ name: 'x' })(job)).to.have.length(1);
  });
});
