import { decideDeleteJob } from '../../../../src/commands/job/delete-job.ts';
import { decideDisableJob, decideEnableJob } from '../../../../src/commands/job/switch-job.ts';
import { evolveJob, initialJob, type Job } from '../../../../src/domain/job/job.ts';
import { specOf } from '../../../support/given.ts';
import { aJob, jobCreated, jobDeleted, jobDisabled } from '../../../support/jobs.ts';

const { given } = specOf(initialJob, evolveJob);
const at = '2026-03-02T10:00:00.000Z';
const nowMs = Date.parse(at);
const bob = { jobId: 7, tenant: 'acme', actor: { type: 'user', name: 'bob' } } as const;
const enable = (job: Job) => decideEnableJob(bob, job, nowMs);
const disable = (job: Job) => decideDisableJob(bob, job, nowMs);
const remove = (job: Job) => decideDeleteJob(bob, job, nowMs);

describe('enable job', () => {
  it('records that a disabled job was enabled, and by whom', () => {
    given(jobCreated(), jobDisabled())
      .when(enable)
      .thenOnce({ type: 'JobEnabled', data: aJob({ updatedAt: at, updatedBy: 'bob' }) });
  });
  it('records nothing when the job is enabled already', () => {
    given(jobCreated()).when(enable).thenNothing();
  });
  it('refuses a job that never was, was deleted, or is another tenant’s', () => {
    given().when(enable).thenRefused('JOB_NOT_FOUND');
    given(jobCreated(), jobDeleted()).when(enable).thenRefused('JOB_NOT_FOUND');
    given(jobCreated({ tenant: 'other' }))
      .when(enable)
      .thenRefused('JOB_NOT_FOUND');
  });
});

describe('disable job', () => {
  it('records that an enabled job was disabled', () => {
    given(jobCreated())
      .when(disable)
      .thenOnce({ type: 'JobDisabled', data: aJob({ enabled: false, updatedAt: at, updatedBy: 'bob' }) });
  });
  it('records nothing when the job is disabled already', () => {
    given(jobCreated(), jobDisabled()).when(disable).thenNothing();
  });
  it('refuses another tenant’s job as one that is not there', () => {
    given(jobCreated({ tenant: 'other' }))
      .when(disable)
      .thenRefused('JOB_NOT_FOUND');
  });
});

describe('delete job', () => {
  it('records the definition as it was last, and who deleted it', () => {
    given(jobCreated(), jobDisabled())
      .when(remove)
      .then({ type: 'JobDeleted', data: aJob({ enabled: false, updatedAt: at, updatedBy: 'bob' }) });
  });
  it('refuses a job that was deleted before', () => {
    given(jobCreated(), jobDeleted()).when(remove).thenRefused('JOB_NOT_FOUND');
  });
});
