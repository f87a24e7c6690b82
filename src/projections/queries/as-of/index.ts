import type { getExecution } from '../get-execution.ts';
import type { getJob } from '../get-job.ts';
import type { listJobs } from '../list-jobs.ts';
import type { statistics } from '../statistics.ts';
import { getExecutionAsOf, isAsOf } from './executions.ts';
import { getJobAsOf, type JobsAsOfDeps, listJobsAsOf } from './jobs.ts';
import { statisticsAsOf } from './statistics.ts';

type AsOfQueries = {
  readonly listJobs: ReturnType<typeof listJobs>;
  readonly getJob: ReturnType<typeof getJob>;
  readonly getExecution: ReturnType<typeof getExecution>;
  readonly statistics: ReturnType<typeof statistics>;
};

/**
 * These queries, answered as of an instant where the scope names one: as if the log had ended there. What the read models
 * still have of that time is read from them; what was changed since is made anew from the log.
 */
export const alsoAsOf = (now: AsOfQueries, deps: JobsAsOfDeps): AsOfQueries => ({
  listJobs: (scope, filter, page) =>
    isAsOf(scope) ? listJobsAsOf(deps, scope, filter, page) : now.listJobs(scope, filter, page),
  getJob: (scope, jobId) => (isAsOf(scope) ? getJobAsOf(deps, scope, jobId) : now.getJob(scope, jobId)),
  getExecution: (scope, executionId) =>
    isAsOf(scope) ? getExecutionAsOf(deps, scope, executionId) : now.getExecution(scope, executionId),
  statistics: (scope) => (isAsOf(scope) ? statisticsAsOf(deps, scope) : now.statistics(scope)),
});
