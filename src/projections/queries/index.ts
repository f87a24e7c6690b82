import type { DatabasePool } from 'slonik';
import type { World } from '../../world.ts';
import { allProjections } from '../all.ts';
import type { Projection } from '../projection.ts';
import { watchPositions } from './await-position.ts';
import { getApplication } from './get-application.ts';
import { getExecution } from './get-execution.ts';
import { getJob } from './get-job.ts';
import { getValues } from './get-values.ts';
import { jobEverExisted } from './job-ever-existed.ts';
import { listApplications } from './list-applications.ts';
import { listExecutions } from './list-executions.ts';
import { listJobs } from './list-jobs.ts';
import type { Queries } from './port.ts';
import { statistics } from './statistics.ts';

export type QueriesOptions = {
  /** As `createQueryPool` makes it; whoever made it ends it. */
  readonly pool: DatabasePool;
  /** The same with `keepPlans`; one connection at a time is all it takes. */
  readonly pointPool: DatabasePool;
  /** For the one connection that listens. */
  readonly databaseUrl: string;
  readonly world: Pick<World, 'clock' | 'timers' | 'log'>;
  readonly projections?: readonly Projection[];
};

/** Everything that the read models answer. `close` ends the connection that listens. */
export const createQueries = (options: QueriesOptions): Queries & { close(): Promise<void> } => {
  const { pool, pointPool, databaseUrl, world, projections = allProjections } = options;
  const watch = watchPositions({ databaseUrl, projections, world });
  return {
    listJobs: listJobs(pool),
    getJob: getJob(pointPool),
    jobEverExisted: jobEverExisted(pool),
    listApplications: listApplications(pool),
    getApplication: getApplication(pool),
    getValues: getValues(pool),
    listExecutions: listExecutions(pool),
    getExecution: getExecution(pool),
    statistics: statistics(pool, world.clock),
    awaitPosition: watch.awaitPosition,
    close: watch.close,
  };
};
