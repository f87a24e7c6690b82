import type { ExecutionStatus, JobDefinition, JobSelection } from '../../../domain/events/index.ts';
import type { Revision } from '../../../event-store/port.ts';
import type { LastExecution } from '../records/executions.ts';
import type { ApplicationSummary } from './applications.ts';
import type { PageRequest } from './pages.ts';

/** What jobs may be listed by. Those that share a value are in the order of their ids. */
export const JOB_SORTS = [
  'createdAt',
  'name',
  'application',
  'enabled',
  'createdBy',
  'lastStatus',
  'lastRunAt',
  'nextRunAt',
] as const;

export type JobSort = { readonly by: (typeof JOB_SORTS)[number]; readonly isDescending: boolean };

/** Oldest first unless the order is given. */
export type JobsPageRequest = PageRequest & { readonly sort?: JobSort };

export type JobFilter = Readonly<Omit<JobSelection, 'all'>>;

export type JobView = {
  readonly job: JobDefinition;
  /** The next slot to be called; null where there is none. */
  readonly nextRunAt: string | null;
  readonly lastExecution: LastExecution | null;
  /** How many slots were called since the schedule last changed; 0 for a job without `maxRuns`. */
  readonly runs: number;
  readonly application: ApplicationSummary;
  readonly revision: Revision;
};

/** What a list shows of a job at a glance. */
export type JobGlance = {
  readonly jobId: number;
  /** Its schedule in English. */
  readonly words: string;
  /** What became of its last slots, oldest first, 30 at the most. */
  readonly slots: readonly SlotGlance[];
};

/** A slot, or several in a row that were settled together without a call. */
export type SlotGlance = {
  readonly at: string;
  /** The last of several. */
  readonly last?: string;
  readonly outcome: ExecutionStatus | 'skipped' | 'missed';
  /** Why it was late, skipped or missed. */
  readonly reason?: string;
  readonly executionId?: number;
};
