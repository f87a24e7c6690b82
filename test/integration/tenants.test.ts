import { expect } from 'chai';
import type { EventOf } from '../../src/domain/events/index.ts';
import {
  acknowledgementStream,
  alertBookStream,
  alertRuleStream,
  applicationStream,
  jobStream,
  runsStream,
  savedViewsStream,
  tokenStream,
} from '../../src/domain/streams.ts';
import { toInstant } from '../../src/domain/values.ts';
import type { Queries } from '../../src/projections/queries/index.ts';
import type { TenantScope } from '../../src/projections/queries/scope.ts';
import { aRule } from '../support/alerts.ts';
import { anApplication } from '../support/applications.ts';
import { calendarEntry, pauseEntry } from '../support/closure-entries.ts';
import type { Entry } from '../support/entry.ts';
import { history } from '../support/histories.ts';
import { aJob } from '../support/jobs.ts';
import { openProjecting, type Projecting } from '../support/projecting.ts';
import { at, slotHistory } from '../support/slot-histories.ts';
import { aToken } from '../support/tokens.ts';

const acme = { tenant: 'acme' };
/** A day after executions of acme were created, to the minute. */
const NOW = '2026-03-02T08:00:10.000Z';
const HOUR_MS = 3_600_000;
const PAGE = { limit: 50 };
const ALL_JOBS = { of: 'jobs', action: 'disable', filter: { all: true } } as const;
const ALL_EXECUTIONS = { of: 'executions', action: 'rerun', filter: { all: true } } as const;
const crmApi = { applicationId: 2, name: 'crm-api' };

const steps = [
  'edit',
  'claim',
  'succeed',
  'claim',
  'fail',
  'pass',
  'date',
  'pause',
  'backfill',
  'operate',
  'request',
] as const;
const ofJobs = history([
  ...steps.map((step) => ({ jobId: 1, step })),
  ...(['claim', 'succeed', 'expire', 'claim'] as const).map((step) => ({ jobId: 4, step })),
]);
const backfillId = ofJobs.flatMap(({ event }) =>
  event.type === 'BackfillRequested' ? [event.data.backfillId] : [],
)[0];
const slots = ofJobs.flatMap(({ event }) => (event.type === 'ExecutionStarted' ? [event.data.scheduledAt] : []));

const limits = [{ name: crmApi.name, parallel: 2, updatedAt: NOW, updatedBy: 'ann' }];
const alert = { jobId: 1, applicationId: 2, jobName: 'job 1', since: NOW, summary: 'it failed', changedAt: NOW };
const told = { notificationId: 'n-1', at: NOW, alerts: [alert], more: 0, deliveries: [] };
const byCarillon = { actor: { type: 'system', name: 'carillon' }, correlationId: 'c-2' } as const;
const switchedOff = aJob({ jobId: 31, applicationId: 2, name: 'job 31', enabled: false });
const opening = aJob({ jobId: 33, applicationId: 2, name: 'job 33', calendar: { include: ['holidays'] } });
const limited = aJob({
  ...{ jobId: 4, applicationId: 2, limit: crmApi.name, calendar: { exclude: ['holidays'] } },
  onFailure: { url: 'https://${HOST}/failed' },
});
const ofJob30 = slotHistory({ jobId: 30, applicationId: 2, name: 'job 30' })
  .created('09:00')
  .claimed('09:01', 901)
  .failed('09:01', 901, 'no room left', { hasHook: true })
  .passed('OccurrencesMissed', ['09:02', '09:04'], 'ENGINE_DOWN')
  .claimed('09:05', 902, 'ENGINE_DOWN')
  .succeeded('09:05', 902).entries;
const work = { task: 'send', input: { day: 1 } };
const snapshot = { name: 'job 30', timezone: 'UTC', taskType: 'WorkerTask' as const, queue: 'reports', task: 'send' };
const offer: EventOf<'WorkOffered'> = {
  type: 'WorkOffered',
  data: {
    ...{ tenant: 'acme', applicationId: 2, jobId: 30, executionId: 990, trigger: 'manual', attempt: 1, offers: true },
    ...{ scheduledAt: NOW, createdAt: NOW, offeredAt: NOW, to: 'queue:2/reports', work, leaseMs: 1, deadlineMs: 1 },
    jobSnapshot: { ...snapshot, resolvedParameters: [] },
    tail: { jobRevision: 0, cursor: NOW, runs: 0, open: [] },
  },
};
/** Of all that queries show, acme has something: application 2 with jobs 1, 4, 30, 31 and 33. */
const entries: readonly Entry[] = [
  ...ofJobs,
  {
    stream: applicationStream(2),
    event: { type: 'LimitSet', data: { ...anApplication({ applicationId: 2, limits }), limit: crmApi.name } },
  },
  { stream: jobStream(4), event: { type: 'JobUpdated', data: limited } },
  pauseEntry({ pauseId: 2, scope: 'application', applicationId: 2 }),
  { stream: tokenStream(5), event: { type: 'TokenCreated', data: aToken() } },
  {
    stream: acknowledgementStream(1),
    event: {
      type: 'JobAcknowledged',
      data: { ...acme, jobId: 1, applicationId: 2, owner: 'ann', acknowledgedAt: NOW, acknowledgedBy: 'ann' },
    },
  },
  {
    stream: savedViewsStream('acme'),
    event: {
      type: 'ViewSaved',
      data: {
        ...acme,
        name: 'failing',
        views: [{ name: 'failing', query: 'state=failing', updatedAt: NOW, updatedBy: 'ann' }],
      },
    },
  },
  { stream: alertRuleStream('acme', 'failing'), event: { type: 'AlertRuleSet', data: aRule() } },
  {
    stream: alertBookStream('acme', 'failing'),
    event: { type: 'NotificationPlanned', data: { ...acme, rule: 'failing', alerts: [alert], notifications: [told] } },
  },
  { stream: jobStream(31), event: { type: 'JobCreated', data: { ...switchedOff, enabled: true } } },
  { stream: jobStream(31), event: { type: 'JobDisabled', data: switchedOff }, metadata: byCarillon },
  { stream: jobStream(33), event: { type: 'JobCreated', data: opening } },
  ...ofJob30,
  { stream: runsStream(30), event: offer },
];
const globex = { tenant: 'globex' };
const ofGlobex: readonly Entry[] = [
  ...history([{ jobId: 2, step: 'edit' }]),
  ...slotHistory({ ...globex, jobId: 32, applicationId: 3, name: 'job 32' })
    .created('08:00')
    .claimed('08:00:10', 950)
    .succeeded('08:00:11', 950).entries,
];
/** Later it has things of the same names. */
const alike: readonly Entry[] = [
  { stream: alertRuleStream('globex', 'failing'), event: { type: 'AlertRuleSet', data: aRule(globex) } },
  calendarEntry({ ...globex, dates: ['2026-03-01'] }),
  pauseEntry({ ...globex, pauseId: 5 }),
];

/** Those of no tenant: for engines, retention, operations and administrators. */
type OfNoTenant =
  | 'allAlertRules'
  | 'awaitPosition'
  | 'expiredSoFar'
  | 'hasAlertRules'
  | 'hasRetention'
  | 'jobsKeeping'
  | 'jobsToExpire'
  | 'listTenants'
  | 'openErasures'
  | 'openOperations'
  | 'tenantsWithDueHooks'
  | 'tenantsWithOldRejections';

/** What each query is asked, of things of acme. */
const request: Readonly<
  Record<Exclude<keyof Queries, OfNoTenant>, (queries: Queries, scope: TenantScope) => Promise<unknown>>
> = {
  listAlertRules: (queries, scope) => queries.listAlertRules(scope, PAGE),
  getAlertRule: (queries, scope) => queries.getAlertRule(scope, 'failing'),
  countAlertRules: (queries, { tenant }) => queries.countAlertRules(tenant),
  jobsOfAlertRule: (queries, { tenant }) => queries.jobsOfAlertRule({ tenant }),
  jobsWithoutSlots: (queries, { tenant }) => queries.jobsWithoutSlots({ tenant }),
  listNotifications: (queries, scope) => queries.listNotifications(scope, 'failing'),
  listAlerts: (queries, scope) => queries.listAlerts(scope, {}, PAGE),
  listApplications: (queries, scope) => queries.listApplications(scope, PAGE),
  getApplication: (queries, scope) => queries.getApplication(scope, 2),
  getValues: (queries, scope) => queries.getValues(scope, 2),
  jobsOfApplication: (queries, scope) => queries.jobsOfApplication(scope, 2),
  applicationNames: (queries, scope) => queries.applicationNames(scope),
  offeredQueues: (queries, scope) => queries.offeredQueues(scope),
  offersOf: (queries, scope) => queries.offersOf(scope, [990]),
  offersToTake: (queries, { tenant }) =>
    queries.offersToTake({
      tenant,
      applicationId: 2,
      queue: 'reports',
      tasks: ['send'],
      takeHashes: ['hash'],
      executionIds: [990],
      limit: 10,
    }),
  openExecutionsOf: (queries, scope) => queries.openExecutionsOf(scope, 2),
  jobsWithHookVariable: (queries, scope) => queries.jobsWithHookVariable(scope, { applicationId: 2, name: 'HOST' }),
  jobsWithLimit: (queries, scope) => queries.jobsWithLimit(scope, crmApi),
  limitUse: (queries, scope) => queries.limitUse(scope, { ...crmApi, since: '2026-03-01T00:00:00.000Z' }),
  listCalendars: (queries, scope) => queries.listCalendars(scope, PAGE),
  getCalendar: (queries, scope) => queries.getCalendar(scope, 'holidays'),
  jobsWithCalendar: (queries, scope) => queries.jobsWithCalendar(scope, 'holidays'),
  listPauses: (queries, scope) => queries.listPauses(scope, PAGE),
  getPause: (queries, scope) => queries.getPause(scope, 1),
  pausesOfApplication: (queries, scope) => queries.pausesOfApplication(scope, 2),
  loadClosures: async (queries, scope) => {
    const book = await queries.loadClosures(scope, { calendars: ['holidays'], afterMs: 0 });
    return book.closuresOf({
      ...limited,
      ...scope,
      calendar: limited.calendar,
      target: undefined,
      labelsText: undefined,
    })(0, Date.parse(NOW));
  },
  dueHooks: (queries, { tenant }) => queries.dueHooks(tenant, 10),
  hookOf: (queries, scope) => queries.hookOf(scope, 901),
  jobHistory: (queries, scope) => queries.jobHistory(scope, 1, PAGE),
  objectHistory: (queries, scope) => queries.objectHistory(scope, { kind: 'application', id: 2 }, PAGE),
  objectVersion: (queries, scope) => queries.objectVersion(scope, { kind: 'application', id: 2 }, 1),
  listAudit: (queries, scope) => queries.listAudit(scope, {}, PAGE),
  listJobs: (queries, scope) =>
    Promise.all(
      ([undefined, 'name', 'nextRunAt'] as const).map((by) =>
        queries.listJobs(scope, {}, { ...PAGE, ...(by && { sort: { by, isDescending: false } }) }),
      ),
    ),
  getJob: (queries, scope) => queries.getJob(scope, 1),
  namesOfJobs: (queries, scope) => queries.namesOfJobs(scope, [1]),
  newJobOutlook: (queries, { tenant }) => queries.newJobOutlook(aJob({ jobId: 99, tenant })),
  jobStatistics: (queries, scope) => queries.jobStatistics(scope, 1),
  jobSummaries: (queries, scope) => queries.jobSummaries(scope, [1]),
  jobEverExisted: (queries, scope) => queries.jobEverExisted(scope, 1),
  slotHistory: async (queries, scope) => [...(await queries.slotHistory(scope, 1, slots.map(Date.parse)))],
  slotCounts: (queries, scope) => queries.slotCounts(scope),
  listAcknowledgements: (queries, scope) => queries.listAcknowledgements(scope),
  listSavedViews: (queries, scope) => queries.listSavedViews(scope),
  listOperations: (queries, scope) => queries.listOperations(scope, PAGE),
  getOperation: (queries, scope) => queries.getOperation(scope, 1),
  selectItems: (queries, scope) =>
    Promise.all(
      [ALL_JOBS, ALL_EXECUTIONS].map((work) =>
        queries.selectItems(scope, work, { upTo: NOW, after: undefined, ...PAGE }),
      ),
    ),
  findJobs: (queries, scope) => queries.findJobs(scope, { all: true }),
  countItems: (queries, scope) => queries.countItems(scope, ALL_JOBS, NOW),
  listBackfills: (queries, scope) => queries.listBackfills(scope, PAGE),
  getBackfill: (queries, scope) => queries.getBackfill(scope, { jobId: 1, backfillId: backfillId ?? 0 }),
  jobStates: (queries, scope) => queries.jobStates(scope),
  report: (queries, scope) => queries.report(scope, { from: at('00:00'), to: at('23:59') }),
  statistics: (queries, scope) => queries.statistics(scope),
  hourlyStatistics: (queries, scope) => queries.hourlyStatistics(scope, 24),
  jobsNeedingAttention: (queries, scope) => queries.jobsNeedingAttention(scope, { withResponses: true }),
  upcomingSlots: (queries, scope) => queries.upcomingSlots(scope, { lengthMs: HOUR_MS, parts: 1 }),
  getTenant: (queries, scope) => queries.getTenant(scope),
  countEnded: (queries, scope) => queries.countEnded(scope, { correlationId: 'c-1', from: '2026-03-01T00:00:00.000Z' }),
  listTokens: (queries, scope) => queries.listTokens(scope, PAGE),
  getToken: (queries, scope) => queries.getToken(scope, 5),
  listExecutions: (queries, scope) =>
    Promise.all(
      [
        ...[{}, { jobId: 4 }, { applicationId: 2 }, { jobName: 'name' }, { application: 'app-2' }],
        // Of these no counter says that the tenant has none.
        ...[{ jobId: 4, trigger: 'schedule' } as const, { applicationId: 2, trigger: 'schedule' } as const],
        ...[{ errorCode: 'ETIMEDOUT' }, { errorText: 'room' }, { errorText: 'no room' }],
      ].map((filter) => queries.listExecutions(scope, filter, PAGE)),
    ),
  getExecution: (queries, scope) => queries.getExecution(scope, 2),
  lastEventOfExecution: (queries, scope) => queries.lastEventOfExecution(scope, 2),
  expiredBefore: (queries, scope) => queries.expiredBefore(scope, { jobId: 4 }),
  listOccurrences: (queries, scope) =>
    Promise.all(
      ([undefined, ['late'], ['missed'], ['skipped']] as const).map((outcomes) =>
        queries.listOccurrences(scope, { from: at('09:00'), to: at('10:00'), ...(outcomes && { outcomes }) }, PAGE),
      ),
    ),
  // The second day begins among slots that were missed together.
  slotDays: (queries, scope) => queries.slotDays(scope, 30, [at('00:00'), at('09:03'), at('23:59')].map(Date.parse)),
  expiredJobs: (queries, { tenant }) => Array.fromAsync(queries.expiredJobs({ tenant })),
};

/**
 * What is asked of one object, or of what no bound caller may ask for: the routes judge by its application whether a
 * bound caller may, and `test/e2e/every-route.test.ts` has each of them.
 */
const OF_JUDGED_ROUTES: ReadonlySet<string> = new Set([
  ...['getAlertRule', 'countAlertRules', 'jobsOfAlertRule', 'jobsWithoutSlots', 'listNotifications'],
  ...['getApplication', 'getValues', 'jobsOfApplication', 'openExecutionsOf', 'jobsWithHookVariable'],
  ...['jobsWithLimit', 'limitUse', 'listCalendars', 'getCalendar', 'jobsWithCalendar'],
  ...['listPauses', 'getPause', 'pausesOfApplication', 'loadClosures', 'dueHooks', 'hookOf'],
  ...[
    'jobHistory',
    'objectHistory',
    'objectVersion',
    'getJob',
    'jobStatistics',
    'jobEverExisted',
    'slotHistory',
    'slotCounts',
  ],
  ...['getBackfill', 'getTenant', 'countEnded', 'listTokens', 'getToken', 'getExecution', 'lastEventOfExecution'],
  'offersToTake',
  ...['listSavedViews', 'listAcknowledgements', 'expiredJobs', 'namesOfJobs', 'newJobOutlook'],
  // What is due: `overview-queries.test.ts`.
  'upcomingSlots',
]);

describe('queries of a tenant', () => {
  const BEGIN_MS = Date.parse(at('08:00'));
  const firstClaim = [...ofGlobex, ...entries].findIndex(
    ({ event }) => event.type === 'ExecutionStarted' && event.data.tenant === 'acme',
  );
  /** Also by a caller who is bound to an application of acme, and as of when an execution was open. */
  const looks: readonly Partial<TenantScope>[] = [
    {},
    { applications: [2] },
    { asOf: toInstant(BEGIN_MS + (firstClaim + 1) * 1_000) },
    { asOf: NOW },
  ];
  type Answers = Readonly<Record<string, unknown>>;
  let projecting: Projecting;
  let recordedMs = BEGIN_MS;
  let nowMs = BEGIN_MS;
  let globexBefore: Answers;
  let globexAfter: Answers;
  let acmeBefore: Answers;
  let acmeAfter: Answers;

  const record = async (some: readonly Entry[]): Promise<void> => {
    let position = '';
    for (const entry of some) {
      recordedMs += 1_000 + (entry.laterMs ?? 0);
      nowMs = recordedMs;
      position = await projecting.append([entry]);
    }
    await projecting.reach(position);
  };
  const answersOf = async (tenant: string): Promise<Answers> => {
    nowMs = Date.parse(NOW);
    const responses: Record<string, unknown> = {};
    for (const [name, each] of Object.entries(request)) {
      responses[name] = await Promise.all(looks.map((look) => each(projecting.queries, { tenant, ...look })));
    }
    return responses;
  };

  before(async () => {
    projecting = await openProjecting(() => nowMs);
    projecting.run();
    await record(ofGlobex);
    globexBefore = await answersOf('globex');
    await record(entries);
    [globexAfter, acmeBefore] = [await answersOf('globex'), await answersOf('acme')];
    await record(alike);
    acmeAfter = await answersOf('acme');
  });
  after(() => projecting.close());

  for (const [name, each] of Object.entries(request).filter(([named]) => !OF_JUDGED_ROUTES.has(named))) {
    it(`show a caller who is bound to other applications nothing of these: ${name}`, async () => {
      const bound = { applications: [99] };
      nowMs = Date.parse(NOW);
      const of = (scope: TenantScope) => each(projecting.queries, scope);
      const nothing = await of({ tenant: 'nobody', ...bound });
      expect(await of({ tenant: 'acme' }), 'there is something').to.not.deep.equal(nothing);
      expect(await of({ tenant: 'acme', ...bound })).to.deep.equal(nothing);
    });
  }

  for (const name of Object.keys(request)) {
    it(`show nothing of another tenant: ${name}`, () => {
      expect(acmeBefore[name]).to.not.deep.equal(globexBefore[name]);
      expect(globexAfter[name]).to.deep.equal(globexBefore[name]);
      expect(acmeAfter[name]).to.deep.equal(acmeBefore[name]);
    });
  }
});
