import type { OpenExecution, SupersededReason } from '../events/index.ts';
import type { Job } from '../job/job.ts';

export type JobStatus = Exclude<Job, { status: 'absent' }>['status'];

/**
 * Why an execution is no longer called after its job was disabled or deleted; `undefined` if it can be. Only slots end with
 * the schedule: requested executions continue while the job is disabled.
 */
export const cancellationReason = (
  status: JobStatus,
  { trigger }: Pick<OpenExecution, 'trigger'>,
): { readonly code: 'JOB_DELETED' | 'JOB_DISABLED'; readonly message: string } | undefined => {
  switch (status) {
    case 'enabled':
      return undefined;
    case 'disabled':
      return trigger === 'schedule' ? { code: 'JOB_DISABLED', message: 'the job was disabled' } : undefined;
    case 'deleted':
      return { code: 'JOB_DELETED', message: 'the job was deleted' };
  }
};

export type SupersededError = {
  readonly code: 'SUPERSEDED';
  readonly reason: SupersededReason;
  readonly message: string;
};

/** Errors of claims that were not called. */
export const SUPERSEDED = {
  edited: { code: 'SUPERSEDED', reason: 'EDITED', message: 'the job was edited before this slot was called' },
  editedByNewer: {
    code: 'SUPERSEDED',
    reason: 'EDITED',
    message: 'a newer version of the scheduler edited the job in a way that this version does not know',
  },
  disabled: { code: 'SUPERSEDED', reason: 'DISABLED', message: 'the job was disabled before this slot was called' },
  deleted: { code: 'SUPERSEDED', reason: 'DELETED', message: 'the job was deleted before this slot was called' },
  paused: { code: 'SUPERSEDED', reason: 'PAUSED', message: 'the job was paused before this slot was called' },
  leftOut: {
    code: 'SUPERSEDED',
    reason: 'CALENDAR',
    message: 'a calendar was changed before this slot was called, and excludes it',
  },
  parked: {
    code: 'SUPERSEDED',
    reason: 'PARKED',
    message:
      'an event of the job or its application cannot be read, so it is not known whether this should still be called',
  },
} as const satisfies Record<string, SupersededError>;

export type SupersededBy = keyof typeof SUPERSEDED;
