import { expect } from 'chai';
import {
  alertBookStream,
  alertRuleStream,
  applicationStream,
  jobStream,
  tokenStream,
} from '../../src/domain/streams.ts';
import type { Queries } from '../../src/projections/queries/index.ts';
import type { TenantScope } from '../../src/projections/queries/port/scope.ts';
import { aRule } from '../support/alerts.ts';
import { anApplication } from '../support/applications.ts';
import { pauseEntry } from '../support/closure-entries.ts';
import type { Entry } from '../support/entry.ts';
import { history } from '../support/histories.ts';
import { aJob } from '../support/jobs.ts';
import { openProjecting, type Projecting } from '../support/projecting.ts';
import { aToken } from '../support/tokens.ts';

const acme = { tenant: 'acme' };
const NOW = '2026-03-01T10:00:00.000Z';
const HOUR_MS = 3_600_000;
const PAGE = { limit: 50 };
const ALL_JOBS = { of: 'jobs', action: 'disable', filter: { all: true } } as const;
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
  ...(['claim', 'succeed', 'expire', 'claim'] as const).map((step) => ({ jobId: 4, step })),
  ...steps.map((step) => ({ jobId: 1, step })),
]);
const backfillId = ofJobs.flatMap(({ event }) =>
  event.type === 'BackfillRequested' ? [event.data.backfillId] : [],
)[0];
const slots = ofJobs.flatMap(({ event }) => (event.type === 'ExecutionStarted' ? [event.data.scheduledAt] : []));

const limits = [{ name: crmApi.name, parallel: 2, updatedAt: NOW, updatedBy: 'ann' }];
const alert = { jobId: 1, applicationId: 2, jobName: 'job 1', since: NOW, what: 'it failed', changedAt: NOW };
const told = { notificationId: 'n-1', at: NOW, alerts: [alert], more: 0, deliveries: [] };
const limited = aJob({ jobId: 4, applicationId: 2, limit: crmApi.name, calendar: { exclude: ['holidays'] } });
/** Of all that queries show, acme has something: application 2 with jobs 1 and 4. */
const entries: readonly Entry[] = [
  ...ofJobs,
  {
    stream: applicationStream(2),
    event: { type: 'LimitSet', data: { ...anApplication({ applicationId: 2, limits }), limit: crmApi.name } },
  },
  { stream: jobStream(4), event: { type: 'JobUpdated', data: limited } },
  pauseEntry({ pauseId: 2, scope: 'application', applicationId: 2 }),
  { stream: tokenStream(5), event: { type: 'TokenCreated', data: aToken() } },
  { stream: alertRuleStream('acme', 'failing'), event: { type: 'AlertRuleSet', data: aRule() } },
  {
    stream: alertBookStream('acme', 'failing'),
    event: { type: 'NotificationPlanned', data: { ...acme, rule: 'failing', alerts: [alert], notifications: [told] } },
  },
];

/** Those of no tenant: for engines, retention, operations and administrators. */
type OfNoTenant =
  | 'allAlertRules'
  | 'awaitPosition'
  | 'expiredJobs'
  | 'expiredSoFar'
  | 'hasAlertRules'
  | 'jobsToExpire'
  | 'listTenants'
  | 'openErasures'
  | 'openOperations'
  | 'tenantsWithOldRefusals';

/** What each query is asked, of things of acme. */
const ask: Readonly<
  Record<Exclude<keyof Queries, OfNoTenant>, (queries: Queries, scope: TenantScope) => Promise<unknown>>
> = {
  listAlertRules: (queries, scope) => queries.listAlertRules(scope, PAGE),
  getAlertRule: (queries, scope) => queries.getAlertRule(scope, 'failing'),
  countAlertRules: (queries, { tenant }) => queries.countAlertRules(tenant),
  jobsOfAlertRule: (queries, { tenant }) => queries.jobsOfAlertRule({ tenant }),
  listNotifications: (queries, scope) => queries.listNotifications(scope, 'failing'),
  listAlerts: (queries, scope) => queries.listAlerts(scope, {}, PAGE),
  listApplications: (queries, scope) => queries.listApplications(scope, PAGE),
  getApplication: (queries, scope) => queries.getApplication(scope, 2),
  getValues: (queries, scope) => queries.getValues(scope, 2),
  jobsOfApplication: (queries, scope) => queries.jobsOfApplication(scope, 2),
  openExecutionsOf: (queries, scope) => queries.openExecutionsOf(scope, 2),
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
    return book.closuresOf({ ...limited, ...scope, calendar: limited.calendar, target: undefined })(0, Date.parse(NOW));
  },
  jobHistory: (queries, scope) => queries.jobHistory(scope, 1, PAGE),
  objectHistory: (queries, scope) => queries.objectHistory(scope, { kind: 'application', id: 2 }, PAGE),
  objectVersion: (queries, scope) => queries.objectVersion(scope, { kind: 'application', id: 2 }, 1),
  listAudit: (queries, scope) => queries.listAudit(scope, {}, PAGE),
  listJobs: (queries, scope) => queries.listJobs(scope, {}, PAGE),
  getJob: (queries, scope) => queries.getJob(scope, 1),
  jobGlances: (queries, scope) => queries.jobGlances(scope, [1]),
  jobEverExisted: (queries, scope) => queries.jobEverExisted(scope, 1),
  slotHistory: async (queries, scope) => [...(await queries.slotHistory(scope, 1, slots.map(Date.parse)))],
  slotCounts: (queries, scope) => queries.slotCounts(scope),
  listOperations: (queries, scope) => queries.listOperations(scope, PAGE),
  getOperation: (queries, scope) => queries.getOperation(scope, 1),
  selectItems: (queries, scope) => queries.selectItems(scope, ALL_JOBS, { upTo: NOW, after: undefined, ...PAGE }),
  countItems: (queries, scope) => queries.countItems(scope, ALL_JOBS, NOW),
  listBackfills: (queries, scope) => queries.listBackfills(scope, PAGE),
  getBackfill: (queries, scope) => queries.getBackfill(scope, { jobId: 1, backfillId: backfillId ?? 0 }),
  statistics: (queries, scope) => queries.statistics(scope),
  hourlyStatistics: (queries, scope) => queries.hourlyStatistics(scope, 24),
  jobsInNeed: (queries, scope) => queries.jobsInNeed(scope),
  upcomingSlots: (queries, scope) => queries.upcomingSlots(scope, { lengthMs: HOUR_MS, parts: 1 }),
  getTenant: (queries, scope) => queries.getTenant(scope),
  countEnded: (queries, scope) => queries.countEnded(scope, { correlationId: 'c-1', from: '2026-03-01T00:00:00.000Z' }),
  listTokens: (queries, scope) => queries.listTokens(scope, PAGE),
  getToken: (queries, scope) => queries.getToken(scope, 5),
  listExecutions: (queries, scope) =>
    Promise.all(
      [{}, { errorCode: 'ETIMEDOUT' }, { jobName: 'name' }, { application: 'app-2' }].map((filter) =>
        queries.listExecutions(scope, filter, PAGE),
      ),
    ),
  getExecution: (queries, scope) => queries.getExecution(scope, 2),
  lastEventOfExecution: (queries, scope) => queries.lastEventOfExecution(scope, 2),
  expiredBefore: (queries, scope) => queries.expiredBefore(scope, { jobId: 4 }),
  listOccurrences: (queries, scope) =>
    queries.listOccurrences(scope, { from: NOW, to: '2026-03-01T11:00:00.000Z', jobId: 1 }, PAGE),
  slotDays: (queries, scope) => queries.slotDays(scope, 1, [Date.UTC(2026, 2, 1), Date.UTC(2026, 2, 2)]),
};

describe('queries of a tenant', () => {
  const ofOwn = new Map<string, unknown>();
  let projecting: Projecting;
  const answers = async (each: (typeof ask)[keyof typeof ask], tenant: string): Promise<unknown> => [
    await each(projecting.queries, { tenant }),
    await each(projecting.queries, { tenant, asOf: NOW }),
  ];
  before(async () => {
    projecting = await openProjecting(() => Date.parse(NOW));
    projecting.run();
    await projecting.reach(await projecting.append(history([{ jobId: 2, step: 'edit' }])));
    for (const [name, each] of Object.entries(ask)) ofOwn.set(name, await answers(each, 'globex'));
    await projecting.reach(await projecting.append(entries));
  });
  after(() => projecting.close());

  for (const [name, each] of Object.entries(ask)) {
    it(`show nothing of another tenant: ${name}`, async () => {
      expect(await answers(each, 'acme')).to.not.deep.equal(ofOwn.get(name));
      expect(await answers(each, 'globex')).to.deep.equal(ofOwn.get(name));
    });
  }
});
