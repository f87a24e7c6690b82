import { type Readers, readerFastThenSlow } from '../../db/readers.ts';
import type { Runtime } from '../../runtime/runtime.ts';
import { allProjections } from '../all.ts';
import type { Projection } from '../projection.ts';
import { documents } from '../read-models/documents.ts';
import { hooks } from '../read-models/hooks.ts';
import { jobs } from '../read-models/jobs.ts';
import {
  alertRules,
  allAlertRules,
  countAlertRules,
  hasAlertRules,
  jobsOfAlertRule,
  jobsWithoutSlots,
  listAlerts,
  listNotifications,
} from './alerts.ts';
import type { StreamReader } from './as-of/log-at.ts';
import { listAudit, tenantsWithOldRejections } from './audit.ts';
import { type PositionWatch, watchPositions } from './await-position.ts';
import { getBackfill, listBackfills } from './backfills.ts';
import { calendars, getCalendar, loadClosures, pauses, pausesOfApplication } from './closures.ts';
import type { QueryContext } from './context.ts';
import { applications, applicationValues, listSavedViews, tokens } from './documents.ts';
import { getExecution, lastEventOfExecution, readExecutions } from './executions.ts';
import { expiredBefore, expiredJobs, expiredSoFar, hasRetention, jobsKeeping, jobsToExpire } from './expired.ts';
import { jobHistory, objectHistory, objectVersion } from './history.ts';
import { dueHooks, hasOpenHooks, hookOf, tenantsWithDueHooks } from './hooks.ts';
import { countJobStates } from './job-filter.ts';
import { namesOfJobs } from './job-names.ts';
import {
  jobsOfApplication,
  jobsWithCalendar,
  jobsWithHookVariable,
  jobsWithLimit,
  limitUse,
  openExecutionsOf,
} from './job-references.ts';
import { jobStatistics } from './job-statistics.ts';
import { jobSummaries } from './job-summaries.ts';
import { getJob, jobEverExisted, listJobs, newJobOutlook } from './jobs.ts';
import { listOccurrences } from './occurrences/list-occurrences.ts';
import { slotDays } from './occurrences/slot-days.ts';
import { applicationNames, offeredQueues, offersOf, offersToTake } from './offers.ts';
import { countItems, findJobs, hasOpenOperations, openOperations, operations, selectItems } from './operations.ts';
import { jobsNeedingAttention, listAcknowledgements } from './overview/attention.ts';
import { hourlyStatistics } from './overview/hours.ts';
import { createRememberNone } from './remember-none.ts';
import { report } from './report.ts';
import { slotHistory } from './slot-history.ts';
import { createSlotIndex } from './slots/slot-index.ts';
import { upcomingSlots } from './slots/upcoming-slots.ts';
import { slotCounts, statistics } from './statistics.ts';
import { countEnded, getTenant, listTenants, openErasures } from './tenants.ts';

export type QueriesOptions = {
  readonly readers: Readers;
  /** The database for the connection that listens for notifications. */
  readonly databaseUrl: string;
  readonly store: StreamReader;
  readonly logId: string;
  readonly world: Runtime;
  readonly projections?: readonly Projection[];
};

/** The queries, and the positions of the read models. `close` ends the connection for notifications. */
export type OpenQueries = ReturnType<typeof createQueries>;

/** The queries of the read models. Each can throw QueryTooSlow, QueryAbandoned or PostgresUnavailable (src/db/reader.ts). */
export type Queries = Omit<OpenQueries, Exclude<keyof PositionWatch, 'awaitPosition'>>;

/** Creates all queries of the read models. */
export const createQueries = (options: QueriesOptions) => {
  const { readers, databaseUrl, store, logId, world, projections = allProjections } = options;
  const { clock } = world;
  const context: QueryContext = {
    readerFor: readers.anyPlan,
    fastThenSlow: readers.fastThenSlow,
    jobsById: readerFastThenSlow(readers.fastThenSlow, 'jobs'),
    executionById: readerFastThenSlow(readers.fastThenSlow, 'an execution'),
    clock,
    slotIndex: createSlotIndex(clock),
    store,
    logId,
  };
  const positions = watchPositions({ databaseUrl, projections, world });
  // Background work polls each second.
  const polled = { ...context, readerFor: readerFastThenSlow(readers.fastThenSlow, 'background work') };
  const rememberNone = createRememberNone(positions.changesOf, clock);
  const erasuresOf = openErasures(polled);
  const hasErasures = rememberNone([documents], async () => (await erasuresOf(1)).length > 0);
  const hasOperations = rememberNone([documents], hasOpenOperations(polled));
  const hasHooks = rememberNone([hooks], hasOpenHooks(polled));
  return {
    ...positions,
    allAlertRules: allAlertRules(context),
    applicationNames: applicationNames(context),
    countAlertRules: countAlertRules(context),
    countEnded: countEnded(context),
    countItems: countItems(context),
    dueHooks: dueHooks(context),
    expiredBefore: expiredBefore(context),
    expiredJobs: expiredJobs(context),
    expiredSoFar: expiredSoFar(context),
    findJobs: findJobs(context),
    getAlertRule: alertRules.byName(context),
    getApplication: applications.byId(context),
    getBackfill: getBackfill(context),
    getCalendar: getCalendar(context),
    getExecution: getExecution(context),
    getJob: getJob(context),
    getOperation: operations.byId(context),
    getPause: pauses.byId(context),
    getTenant: getTenant(context),
    getToken: tokens.byId(context),
    getValues: applicationValues.byId(context),
    hasAlertRules: rememberNone([documents], hasAlertRules(polled)),
    hasRetention: rememberNone([documents, jobs], hasRetention(polled)),
    hookOf: hookOf(context),
    hourlyStatistics: hourlyStatistics(context),
    jobEverExisted: jobEverExisted(context),
    jobHistory: jobHistory(context),
    jobStatistics: jobStatistics(context),
    jobSummaries: jobSummaries(context),
    jobsKeeping: jobsKeeping(context),
    jobsNeedingAttention: jobsNeedingAttention(context),
    jobsOfAlertRule: jobsOfAlertRule(context),
    jobsOfApplication: jobsOfApplication(context),
    jobsToExpire: jobsToExpire(context),
    jobsWithCalendar: jobsWithCalendar(context),
    jobsWithHookVariable: jobsWithHookVariable(context),
    jobsWithLimit: jobsWithLimit(context),
    jobsWithoutSlots: jobsWithoutSlots(context),
    lastEventOfExecution: lastEventOfExecution(context),
    limitUse: limitUse(context),
    listAlertRules: alertRules.list(context),
    listAlerts: listAlerts(context),
    listApplications: applications.list(context),
    listAudit: listAudit(context),
    listBackfills: listBackfills(context),
    listCalendars: calendars.list(context),
    listJobs: listJobs(context),
    listNotifications: listNotifications(context),
    listOccurrences: listOccurrences(context),
    listOperations: operations.list(context),
    listPauses: pauses.list(context),
    listSavedViews: listSavedViews(context),
    listAcknowledgements: listAcknowledgements(context),
    listTenants: listTenants(context),
    listTokens: tokens.list(context),
    loadClosures: loadClosures(context),
    namesOfJobs: namesOfJobs(context),
    newJobOutlook: newJobOutlook(context, positions),
    objectHistory: objectHistory(context),
    objectVersion: objectVersion(context),
    offeredQueues: offeredQueues(context),
    offersOf: offersOf(context),
    offersToTake: offersToTake(context),
    openErasures: async (limit: number) => ((await hasErasures()) ? erasuresOf(limit) : []),
    openExecutionsOf: openExecutionsOf(context),
    openOperations: async (limit: number) => ((await hasOperations()) ? openOperations(polled)(limit) : []),
    pausesOfApplication: pausesOfApplication(context),
    report: report(context),
    selectItems: selectItems(context),
    slotCounts: slotCounts(context),
    slotDays: slotDays(context),
    slotHistory: slotHistory(context),
    statistics: statistics(context),
    tenantsWithDueHooks: async (limit: number) => ((await hasHooks()) ? tenantsWithDueHooks(polled)(limit) : []),
    tenantsWithOldRejections: tenantsWithOldRejections(context),
    upcomingSlots: upcomingSlots(context),
    listExecutions: readExecutions(context),
    jobStates: countJobStates(context),
  };
};
