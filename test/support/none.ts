import type { AlertRulePorts } from '../../src/commands/alert-rule/receivers.ts';
import type { ListLivingEngines } from '../../src/commands/command-deps.ts';
import type { JobClosures } from '../../src/commands/job-closures.ts';
import type { ReadModels } from '../../src/commands/read-models.ts';
import type { ResourceQuotas } from '../../src/commands/resource-quotas.ts';
import { NO_CLOSURES } from '../../src/domain/closure/closure.ts';

/** For commands of a test without alert rules, or with rules that can notify everyone. */
export const NO_ALERTS: AlertRulePorts = {
  checkTarget: async () => [],
  mailRejection: () => undefined,
};

const unbounded = <T>(_tenant: string, add: (admit: () => Promise<void>) => Promise<T>): Promise<T> =>
  add(async () => {});

/** For commands of a test without quotas. */
export const NO_BOUNDS: ResourceQuotas = {
  jobs: unbounded,
  alertRules: unbounded,
  calendars: unbounded,
  pauses: unbounded,
};

/** For commands of a test without calendars and pauses. */
export const NEVER_CLOSED: JobClosures = {
  closuresOf: async () => NO_CLOSURES,
  pausedBy: async () => undefined,
  stoppedBy: async () => undefined,
};

/** For commands of a test without engines. */
export const NO_ENGINES: ListLivingEngines = async () => [];

/** Read models for commands of a test without jobs that use resources, and without earlier calls of backfilled slots. */
export const NO_USES: ReadModels = {
  findJobs: async () => undefined,
  slotHistory: async () => new Map(),
  hasRoom: async () => true,
  jobsWithCalendar: async () => ({ first: [], total: 0 }),
  jobsWithHookVariable: async () => ({ first: [], total: 0 }),
  jobsWithLimit: async () => ({ first: [], total: 0 }),
  usesOfApplication: async () => ({ jobs: { first: [], total: 0 }, executions: { first: [], total: 0 } }),
  pausesOfApplication: async () => [],
};
