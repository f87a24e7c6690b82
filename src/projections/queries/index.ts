import type { DatabasePool } from 'slonik';
import { createRowReaders } from '../../db/reader.ts';
import { fastThenSlow, readerInTurn } from '../../db/two-readers.ts';
import type { World } from '../../world.ts';
import { allProjections } from '../all.ts';
import type { Projection } from '../projection.ts';
import {
  allAlertRules,
  countAlertRules,
  getAlertRule,
  hasAlertRules,
  jobsOfAlertRule,
  listAlertRules,
} from './alert-rules.ts';
import { listAlerts, listNotifications } from './alerts.ts';
import { isAsOf } from './as-of/executions.ts';
import { alsoAsOf } from './as-of/index.ts';
import { ledgerAsOf } from './as-of/ledger.ts';
import type { StreamReader } from './as-of/log-at.ts';
import { listAudit, tenantsWithOldRefusals } from './audit.ts';
import { type PositionWatch, watchPositions } from './await-position.ts';
import { getBackfill, listBackfills } from './backfills.ts';
import { getCalendar, listCalendars } from './calendars.ts';
import { countEnded, openErasures } from './erasures.ts';
import { expiredBefore, expiredJobs, expiredSoFar, jobsToExpire } from './expired.ts';
import { getApplication } from './get-application.ts';
import { getExecution } from './get-execution.ts';
import { getJob } from './get-job.ts';
import { getValues } from './get-values.ts';
import { jobHistory } from './history/job-history.ts';
import { objectHistory, objectVersion } from './history/object-history.ts';
import { jobEverExisted } from './job-ever-existed.ts';
import { jobGlances } from './job-glances.ts';
import { lastEventOfExecution } from './last-event-of-execution.ts';
import { listApplications } from './list-applications.ts';
import { listJobs } from './list-jobs.ts';
import { loadClosures } from './load-closures.ts';
import { jobsOfApplication, jobsWithCalendar, jobsWithLimit, limitUse, openExecutionsOf } from './naming-jobs.ts';
import { listOccurrences } from './occurrences/list-occurrences.ts';
import { liveLedger } from './occurrences/live-ledger.ts';
import { slotDays } from './occurrences/slot-days.ts';
import { getOperation, listOperations, openOperations } from './operations.ts';
import { jobsInNeed } from './overview/attention.ts';
import { hourlyStatistics } from './overview/hours.ts';
import { getPause, listPauses, pausesOfApplication } from './pauses.ts';
import type { Queries } from './port.ts';
import { readExecutions } from './read-executions.ts';
import { countItems, selectItems } from './selected-items.ts';
import { slotCounts } from './slot-counts.ts';
import { slotHistory } from './slot-history.ts';
import { createSlotIndex } from './slots/slot-index.ts';
import { upcomingSlots } from './slots/upcoming-slots.ts';
import { statistics } from './statistics.ts';
import { getTenant, listTenants } from './tenants.ts';
import { getToken, listTokens } from './tokens.ts';

/** Queries that take longer are cancelled. */
const QUERY_TIMEOUT_MS = 10_000;
/** Postgres ends the statement itself after this time, if cancelling failed. */
export const STATEMENT_LIMIT_MS = QUERY_TIMEOUT_MS + 2_000;

export type QueriesOptions = {
  /** A pool from `createQueryPool`. The caller closes it. */
  readonly pool: DatabasePool;
  /** A pool that keeps plans `by key` for reads by id; two connections are enough. */
  readonly pointPool: DatabasePool;
  /** A pool that keeps plans `in order`, for pages of executions, whose statements end after `FAST_LIMIT_MS`. */
  readonly pagePool: DatabasePool;
  /** Another one for those that are not known to be fast; two connections are enough. */
  readonly trialPool: DatabasePool;
  /** A pool for pages that take longer; two connections are enough. */
  readonly slowPool: DatabasePool;
  /** The database for the connection that listens for notifications. */
  readonly databaseUrl: string;
  /** The log, for what the read models do not have any more of the past. */
  readonly store: StreamReader;
  readonly world: Pick<World, 'clock' | 'timers' | 'random' | 'log'>;
  readonly projections?: readonly Projection[];
};

/** The queries, and what is known of how far the read models are. `close` ends the connection that listens for that. */
export type OpenQueries = Queries & Pick<PositionWatch, 'reached' | 'close'>;

/** Creates all queries of the read models. */
export const createQueries = (options: QueriesOptions): OpenQueries => {
  const {
    pool,
    pointPool,
    pagePool,
    trialPool,
    slowPool,
    databaseUrl,
    store,
    world,
    projections = allProjections,
  } = options;
  const readerFor = createRowReaders({ pool, cancelPool: pointPool, limitMs: QUERY_TIMEOUT_MS, world });
  const slow = createRowReaders({ pool: slowPool, cancelPool: pointPool, limitMs: QUERY_TIMEOUT_MS, world });
  const read = fastThenSlow({ fast: pagePool, trial: trialPool, slow, clock: world.clock });
  const byId = readerInTurn(read, 'an execution');
  const slotIndex = createSlotIndex(world.clock);
  const watch = watchPositions({ databaseUrl, projections, world });
  const now = {
    listJobs: listJobs(readerFor, world.clock, slotIndex),
    getJob: getJob(pointPool, { readerFor, limitMs: STATEMENT_LIMIT_MS, clock: world.clock }),
    getExecution: getExecution(byId),
    statistics: statistics(readerFor, world.clock),
  };
  return {
    ...alsoAsOf(now, { readerFor, store }),
    listExecutions: readExecutions({
      read: fastThenSlow({ fast: pagePool, trial: trialPool, slow, clock: world.clock }),
      store,
    }),
    jobGlances: jobGlances(readerFor),
    upcomingSlots: upcomingSlots(readerFor, world.clock, slotIndex),
    jobEverExisted: jobEverExisted(readerFor),
    jobHistory: jobHistory(readerFor),
    objectHistory: objectHistory(readerFor),
    objectVersion: objectVersion(readerFor),
    listAudit: listAudit(readerFor),
    tenantsWithOldRefusals: tenantsWithOldRefusals(readerFor),
    jobsToExpire: jobsToExpire(readerFor),
    expiredJobs: expiredJobs(readerFor),
    expiredBefore: expiredBefore(readerFor),
    expiredSoFar: expiredSoFar(readerFor),
    listTenants: listTenants(readerFor),
    getTenant: getTenant(readerFor),
    openErasures: openErasures(readerFor),
    countEnded: countEnded(readerFor),
    listApplications: listApplications(readerFor),
    getApplication: getApplication(readerFor),
    getValues: getValues(readerFor),
    listCalendars: listCalendars(readerFor),
    getCalendar: getCalendar(readerFor),
    listPauses: listPauses(readerFor, world.clock),
    getPause: getPause(readerFor),
    pausesOfApplication: pausesOfApplication(readerFor, world.clock),
    listOperations: listOperations(readerFor),
    getOperation: getOperation(readerFor),
    openOperations: openOperations(readerFor),
    selectItems: selectItems(readerFor),
    countItems: countItems(readerFor),
    loadClosures: loadClosures(readerFor),
    jobsWithCalendar: jobsWithCalendar(readerFor),
    jobsWithLimit: jobsWithLimit(readerFor),
    jobsOfApplication: jobsOfApplication(readerFor),
    limitUse: limitUse(readerFor),
    openExecutionsOf: openExecutionsOf(readerFor),
    lastEventOfExecution: lastEventOfExecution(byId),
    listOccurrences: listOccurrences((scope) =>
      isAsOf(scope)
        ? ledgerAsOf({ reader: readerFor(scope), store }, scope.asOf)
        : liveLedger(readerFor(scope), world.clock.now()),
    ),
    slotDays: slotDays(readerFor),
    listBackfills: listBackfills(readerFor),
    getBackfill: getBackfill(readerFor),
    listTokens: listTokens(readerFor),
    getToken: getToken(readerFor),
    listAlertRules: listAlertRules(readerFor),
    getAlertRule: getAlertRule(readerFor),
    countAlertRules: countAlertRules(readerFor),
    hasAlertRules: hasAlertRules(readerFor),
    allAlertRules: allAlertRules(readerFor),
    jobsOfAlertRule: jobsOfAlertRule(readerFor),
    listNotifications: listNotifications(readerFor),
    listAlerts: listAlerts(readerFor),
    slotHistory: slotHistory(readerFor),
    slotCounts: slotCounts(readerFor),
    hourlyStatistics: hourlyStatistics(readerFor, world.clock),
    jobsInNeed: jobsInNeed(readerFor, world.clock),
    awaitPosition: watch.awaitPosition,
    reached: watch.reached,
    close: watch.close,
  };
};
