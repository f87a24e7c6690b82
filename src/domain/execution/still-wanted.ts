import type { OpenExecution } from '../events/index.ts';
import type { Job } from '../job/job.ts';

export type JobStatus = Exclude<Job, { status: 'absent' }>['status'];

/**
 * Why an execution is not called any more, now that its job is disabled or deleted; undefined where it may be. Only
 * those of slots end with the schedule: what somebody asked for goes on while the job is disabled.
 */
export const unwantedBecause = (
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
