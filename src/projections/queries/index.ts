import type { RowReaderFor } from '../../db/reader.ts';
import type { Readers } from '../../db/readers.ts';
import { readerInTurn } from '../../db/two-readers.ts';
import type { Clock, Runtime } from '../../runtime/runtime.ts';
import { allProjections } from '../all.ts';
import type { Projection } from '../projection.ts';
import * as all from './all.ts';
import { getExecutionAsOf, isAsOf } from './as-of/executions.ts';
import { getJobAsOf, type JobsAsOfDeps, listJobsAsOf } from './as-of/jobs.ts';
import { ledgerAsOf } from './as-of/ledger.ts';
import type { StreamReader } from './as-of/log-at.ts';
import { statisticsAsOf } from './as-of/statistics.ts';
import { type PositionWatch, watchPositions } from './await-position.ts';
import { getExecution, lastEventOfExecution, readExecutions } from './executions.ts';
import { countJobStates } from './job-state-filter.ts';
import { getJob, listJobs } from './jobs.ts';
import { listOccurrences } from './occurrences/list-occurrences.ts';
import { liveLedger } from './occurrences/slot-records.ts';
import { countItems, findJobs, selectItems } from './operations.ts';
import { createSlotIndex, type SlotIndex } from './slots/slot-index.ts';
import type { statistics } from './statistics.ts';

export type QueriesOptions = {
  readonly readers: Readers;
  /** The database for the connection that listens for notifications. */
  readonly databaseUrl: string;
  /** The log, for what the read models do not have any more of the past. */
  readonly store: StreamReader;
  readonly logId: string;
  readonly world: Pick<Runtime, 'clock' | 'timers' | 'random' | 'log'>;
  readonly projections?: readonly Projection[];
};

/** The queries, and what is known of how far the read models are. `close` ends the connection that listens for that. */
export type OpenQueries = ReturnType<typeof createQueries>;

/**
 * The queries of the read models, as their files have them. Each may throw QueryTooSlow, QueryAbandoned or
 * PostgresUnavailable (src/db/reader.ts).
 */
export type Queries = Omit<OpenQueries, Exclude<keyof PositionWatch, 'awaitPosition'>>;

/** Creates all queries of the read models. */
export const createQueries = (options: QueriesOptions) => {
  const { readers, databaseUrl, store, logId, world, projections = allProjections } = options;
  const readerFor = readers.anyPlan;
  const byId = readerInTurn(readers.inOrder(), 'an execution');
  const slotIndex = createSlotIndex(world.clock);
  const watch = watchPositions({ databaseUrl, projections, world });
  const now = {
    ...madeOf(all, { readerFor, clock: world.clock, slotIndex }),
    listJobs: listJobs({ readerFor, clock: world.clock, slotIndex, logId }),
    getJob: getJob({ reader: readers.byKey, clock: world.clock, logId }),
    getExecution: getExecution(byId),
    selectItems: selectItems({ readerFor, clock: world.clock, logId }),
    jobStates: countJobStates({ readerFor, clock: world.clock, logId }),
    findJobs: findJobs({ readerFor, clock: world.clock, logId }),
    countItems: countItems({ readerFor, clock: world.clock, logId }),
  };
  return {
    ...now,
    ...alsoAsOf(now, { readerFor, store, clock: world.clock }),
    listExecutions: readExecutions({
      read: readers.inOrder(),
      store,
    }),
    lastEventOfExecution: lastEventOfExecution(byId),
    listOccurrences: listOccurrences(
      (scope) =>
        isAsOf(scope)
          ? ledgerAsOf({ reader: readerFor(scope), store }, scope.asOf)
          : liveLedger(readerFor(scope), world.clock.now()),
      world.clock,
    ),
    ...watch,
  };
};

type Parts = { readonly readerFor: RowReaderFor; readonly clock: Clock; readonly slotIndex: SlotIndex };
type Maker = (readerFor: RowReaderFor, clock: Clock, slotIndex: SlotIndex) => unknown;

const madeOf = <L extends Record<string, Maker>>(
  list: L,
  { readerFor, clock, slotIndex }: Parts,
): { readonly [N in keyof L]: ReturnType<L[N]> } =>
  Object.fromEntries(
    Object.entries(list).map(([name, make]): readonly unknown[] => [name, make(readerFor, clock, slotIndex)]),
  );

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
const alsoAsOf = (now: AsOfQueries, deps: JobsAsOfDeps): AsOfQueries => ({
  listJobs: (scope, filter, page) =>
    isAsOf(scope) ? listJobsAsOf(deps, scope, filter, page) : now.listJobs(scope, filter, page),
  getJob: (scope, jobId) => (isAsOf(scope) ? getJobAsOf(deps, scope, jobId) : now.getJob(scope, jobId)),
  getExecution: (scope, executionId) =>
    isAsOf(scope) ? getExecutionAsOf(deps, scope, executionId) : now.getExecution(scope, executionId),
  statistics: (scope) => (isAsOf(scope) ? statisticsAsOf(deps, scope) : now.statistics(scope)),
});
