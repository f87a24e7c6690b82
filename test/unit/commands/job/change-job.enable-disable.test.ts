import { decideLabelJob } from '../../../../src/commands/job/change-job.ts';
import {
  decideDeleteJob,
  decideDisableJob,
  decideEnableJob,
  evolveJob,
  initialJob,
  type Job,
} from '../../../../src/domain/job/job.ts';
import { specOf } from '../../../support/given.ts';
import { aJob, jobCreated, jobDeleted, jobDisabled } from '../../../support/jobs.ts';

const { given } = specOf(initialJob, evolveJob);
const at = '2026-03-02T10:00:00.000Z';
const nowMs = Date.parse(at);
const bob = { jobId: 7, tenant: 'acme', actor: { type: 'user', name: 'bob' } } as const;
const enable = (job: Job) => decideEnableJob(bob, job, nowMs);
const disable = (job: Job) => decideDisableJob(bob, job, nowMs);
const label = (change: Record<string, string | null>) => (job: Job) => decideLabelJob({ ...bob, change }, job, nowMs);
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
  it('rejects a job that never was, was deleted, or is another tenant’s', () => {
    given().when(enable).thenRejected('JOB_NOT_FOUND');
    given(jobCreated(), jobDeleted()).when(enable).thenRejected('JOB_NOT_FOUND');
    given(jobCreated({ tenant: 'other' }))
      .when(enable)
      .thenRejected('JOB_NOT_FOUND');
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
  it('rejects another tenant’s job as one that is not there', () => {
    given(jobCreated({ tenant: 'other' }))
      .when(disable)
      .thenRejected('JOB_NOT_FOUND');
  });
});

describe('label job', () => {
  const by = { updatedAt: at, updatedBy: 'bob' };
  it('changes the labels that are named, and leaves the others', () => {
    given(jobCreated({ labels: { team: 'crm', old: 'yes', stage: 'live' } }))
      .when(label({ old: null, stage: 'test' }))
      .thenOnce({ type: 'JobUpdated', data: aJob({ labels: { team: 'crm', stage: 'test' }, ...by }) });
    given(jobCreated({ labels: { old: 'yes' } }))
      .when(label({ old: null }))
      .then({ type: 'JobUpdated', data: aJob(by) });
  });
  it('records nothing if the labels are those', () => {
    given(jobCreated({ labels: { team: 'crm' } }))
      .when(label({ team: 'crm', old: null }))
      .thenNothing();
  });
  it('rejects more labels than a job may have', () => {
    const many = Object.fromEntries(Array.from({ length: 50 }, (_, each) => [`l-${each}`, 'yes']));
    given(jobCreated({ labels: many }))
      .when(label({ one: 'more' }))
      .thenRejected('BAD_INPUT', ['/labels']);
  });
});

describe('delete job', () => {
  it('records the definition as it was last, and who deleted it', () => {
    given(jobCreated(), jobDisabled())
      .when(remove)
      .then({ type: 'JobDeleted', data: aJob({ enabled: false, updatedAt: at, updatedBy: 'bob' }) });
  });
  it('rejects a job that was deleted before', () => {
    given(jobCreated(), jobDeleted()).when(remove).thenRejected('JOB_NOT_FOUND');
  });
});
