import { DomainError } from '../domain-error.ts';
import { type ChangeAuthor, changedBy, type EventOf, type JobDefinition, type JobEvent } from '../events/index.ts';
import type { JobId, Tenant } from '../values.ts';

export type Job =
  | { readonly status: 'absent' }
  | { readonly status: 'enabled' | 'disabled' | 'deleted'; readonly definition: JobDefinition };
export type LivingJob = Exclude<Job, { status: 'absent' }> & { readonly status: 'enabled' | 'disabled' };

export const initialJob: Job = { status: 'absent' };

/** Each event carries the whole definition, so the previous job does not matter. */
export const evolveJob = (_job: Job, event: JobEvent): Job => {
  switch (event.type) {
    case 'JobCreated':
    case 'JobUpdated':
    case 'JobEnabled':
    case 'JobDisabled':
      return { status: event.data.enabled ? 'enabled' : 'disabled', definition: event.data };
    case 'JobDeleted':
      return { status: 'deleted', definition: event.data };
  }
};

/**
 * Narrows to an existing job of the tenant. Commands check a job's tenant only here.
 * @throws DomainError JOB_NOT_FOUND if it is absent, deleted or belongs to another tenant
 */
export const livingJob = (job: Job, jobId: JobId, tenant: Tenant): LivingJob => {
  switch (job.status) {
    case 'absent':
    case 'deleted':
      throw jobNotFound(jobId);
    case 'enabled':
    case 'disabled':
      if (job.definition.tenant !== tenant) throw jobNotFound(jobId);
      return { status: job.status, definition: job.definition };
  }
};

const jobNotFound = (jobId: JobId): DomainError => new DomainError('JOB_NOT_FOUND', `there is no job ${jobId}`);
export type SwitchInput = ChangeAuthor & { readonly jobId: number };
/** Enables a job. It fires again from its next slot; slots missed while it was disabled are not replayed. */
export const decideEnableJob = (
  { jobId, tenant, actor }: SwitchInput,
  job: Job,
  nowMs: number,
): EventOf<'JobEnabled'>[] => {
  const { status, definition } = livingJob(job, jobId, tenant);
  if (status === 'enabled') return [];
  return [{ type: 'JobEnabled', data: { ...definition, enabled: true, ...changedBy(actor, nowMs) } }];
};

/** Disables a job: no slots are due until it is enabled again. */
export const decideDisableJob = (
  { jobId, tenant, actor }: SwitchInput,
  job: Job,
  nowMs: number,
): EventOf<'JobDisabled'>[] => {
  const { status, definition } = livingJob(job, jobId, tenant);
  if (status === 'disabled') return [];
  return [{ type: 'JobDisabled', data: { ...definition, enabled: false, ...changedBy(actor, nowMs) } }];
};

/** Deletes a job: its pending execution is cancelled, a running one can finish, and its history stays readable. */
export const decideDeleteJob = (
  { jobId, tenant, actor }: SwitchInput,
  job: Job,
  nowMs: number,
): EventOf<'JobDeleted'>[] => {
  const { definition } = livingJob(job, jobId, tenant);
  return [{ type: 'JobDeleted', data: { ...definition, ...changedBy(actor, nowMs) } }];
};
