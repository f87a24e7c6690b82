import type { JobEvent } from '../events/index.ts';

/** What each event of a job is called in its history: the operation of the API that makes such a change. */
export const JOB_ACTIONS = {
  JobCreated: 'createJob',
  JobUpdated: 'updateJob',
  JobEnabled: 'enableJob',
  JobDisabled: 'disableJob',
  JobDeleted: 'deleteJob',
} as const satisfies Record<JobEvent['type'], string>;
