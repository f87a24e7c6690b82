import type { Express, RequestHandler } from 'express';
import type { ExplainLog } from '../../src/audit/explain-log.ts';
import type { LogExplanation } from '../../src/audit/log-reading.ts';
import type { CommandResult, Commands } from '../../src/commands/port.ts';
import { createClosureBook } from '../../src/domain/closures/closure-book.ts';
import type { ApiToken, Application, JobDefinition, Operation } from '../../src/domain/events/index.ts';
import type { TenantQuotas } from '../../src/domain/quotas.ts';
import { createApp } from '../../src/http/app.ts';
import { createAuthenticate } from '../../src/http/authenticate.ts';
import type { Readiness } from '../../src/http/health.ts';
import { createIdentify } from '../../src/http/identify.ts';
import type { FindEndedSessions, FindToken } from '../../src/http/log-lookup.ts';
import type { RunOnce } from '../../src/http/once.ts';
import { createRequestQuotas } from '../../src/http/quotas.ts';
import { createHandshakes } from '../../src/http/sessions/oidc/handshakes.ts';
import type { IdentityProvider } from '../../src/http/sessions/oidc/provider.ts';
import type { SealingKeys } from '../../src/http/sessions/seal.ts';
import { createSessionSeal } from '../../src/http/sessions/session.ts';
import { signToken } from '../../src/http/tokens/sign-token.ts';
import { secretKeys } from '../../src/http/tokens/verification-keys.ts';
import type { UiFiles } from '../../src/http/ui/files.ts';
import { toOperationView } from '../../src/projections/queries/operation-view.ts';
import type { ExecutionView, OccurrenceView, SlotDay } from '../../src/projections/queries/port/executions.ts';
import type { HistoryEntry } from '../../src/projections/queries/port/history.ts';
import type { JobView } from '../../src/projections/queries/port/jobs.ts';
import type { BackfillView } from '../../src/projections/queries/port/operations.ts';
import type { Queries } from '../../src/projections/queries/port.ts';
import { toTokenView } from '../../src/projections/queries/token-view.ts';
import type { Prover } from '../../src/proofs/prover.ts';
import { createMetrics } from '../../src/telemetry/metrics.ts';
import { createNotices } from '../../src/telemetry/notices.ts';
import { NO_TRACES } from '../../src/telemetry/tracer.ts';
import { aRule } from './alerts.ts';
import { MEMORY_HOME } from './home.ts';
import { fakeProver } from './prover.ts';
import { type ManualWorld, manualWorld } from './world.ts';

export const JWT_SECRET = 'a secret of tests, long enough for HS256';
export const NOW_MS = Date.UTC(2026, 0, 1);
export const ALL_BUT_ADMIN = [
  'scheduler:jobs:read',
  'scheduler:jobs:write',
  'scheduler:secrets:write',
  'scheduler:jobs:trigger',
  'scheduler:executions:read',
];

/** A token of the tests' secret, good for an hour. */
export const tokenFor = (claims: Readonly<Record<string, unknown>> = {}, subject = 'ada'): string =>
  signToken({
    secret: JWT_SECRET,
    subject,
    claims: { permissions: ALL_BUT_ADMIN, ...claims },
    nowMs: NOW_MS,
    lifetimeSeconds: 3_600,
  });

const stamps = {
  createdAt: '2026-01-01T00:00:00.000Z',
  createdBy: 'ada',
  updatedAt: '2026-01-01T00:00:00.000Z',
  updatedBy: 'ada',
};
export const application: Application = {
  applicationId: 1,
  tenant: 'default',
  name: 'crm',
  displayName: 'CRM',
  ...stamps,
};
export const job: JobDefinition = {
  jobId: 7,
  tenant: 'default',
  applicationId: 1,
  name: 'nightly',
  enabled: true,
  pattern: '0 2 * * *',
  timezone: 'UTC',
  scheduleSince: stamps.createdAt,
  taskType: 'HttpInvokerTask',
  taskConfig: {
    url: 'https://example.com/sync',
    method: 'POST',
    auth: { authMethod: 'bearer', token: { $sealed: { generation: 1, box: 'Ym94', fingerprint: 'Zm8=' } } },
  },
  ...stamps,
};
export const jobView: JobView = {
  job,
  runs: 0,
  nextRunAt: '2026-01-02T02:00:00.000Z',
  lastExecution: null,
  application: { id: 1, name: 'crm', displayName: 'CRM' },
  revision: 3,
};
export const executionView: ExecutionView = {
  id: 42,
  jobId: 7,
  applicationId: 1,
  status: 'succeeded',
  trigger: 'schedule',
  scheduledAt: '2026-01-01T02:00:00.000Z',
  startedAt: '2026-01-01T02:00:00.010Z',
  finishedAt: '2026-01-01T02:00:00.200Z',
  createdAt: '2026-01-01T02:00:00.000Z',
  attempt: 1,
  attempts: [],
  jobSnapshot: null,
  result: { status: 200, headers: {}, data: { healthy: true }, truncated: false },
};

export const slotDay: SlotDay = {
  fired: 1_438,
  late: { ENGINE_BEHIND: 1 },
  skipped: {},
  missed: { ENGINE_DOWN: 1 },
  failed: 2,
};
export const occurrenceView: OccurrenceView = {
  jobId: 7,
  at: '2026-01-01T02:00:00.000Z',
  outcome: 'late',
  reason: 'ENGINE_DOWN',
  executionId: 42,
  definitionVersion: 4,
};

const done = <T>(value: T): CommandResult<T> => ({ value, revision: 3, position: '00000000000000000009' });

const variable = { name: 'HOST', value: 'example.com', updatedAt: stamps.updatedAt, updatedBy: 'ada' };
const pause = { scope: 'tenant' as const, since: stamps.createdAt, setBy: 'ada' };
const operation: Operation = {
  operationId: 6,
  tenant: 'default',
  work: { of: 'jobs', action: 'disable', filter: { all: true } },
  correlationId: 'c-1',
  requestedBy: { type: 'user', name: 'ada' },
  requestedAt: stamps.createdAt,
  state: 'pending',
  updatedAt: stamps.createdAt,
  done: 0,
  refused: {},
  planned: [],
};
const limit = { name: 'crm-api', parallel: 4, updatedAt: stamps.updatedAt, updatedBy: 'ada' };
const calendar = { name: 'holidays', dates: ['2026-12-25'], since: stamps.createdAt, setBy: 'ada' };
const sealed = { $sealed: { generation: 1, box: 'Ym94', fingerprint: 'Zm8=' } };

const requested = {
  job,
  execution: {
    executionId: 43,
    attempt: 1,
    state: 'pending' as const,
    trigger: 'manual' as const,
    scheduledAt: stamps.createdAt,
    createdAt: stamps.createdAt,
    createdBy: 'ada',
  },
};

const asked = { from: '2025-12-01T00:00:00.000Z', to: '2025-12-02T00:00:00.000Z', reprocess: 'none' as const };
const backfill = {
  tenant: 'default',
  applicationId: 1,
  jobId: 7,
  backfillId: 9,
  ...asked,
  parallel: 1,
  total: 0,
  requestedAt: stamps.createdAt,
  requestedBy: 'ada',
  tail: { jobRevision: 0, cursor: stamps.createdAt, runs: 0, open: [] },
};
const backfillView: BackfillView = {
  id: 9,
  jobId: 7,
  status: 'succeeded',
  ...asked,
  parallel: 1,
  ...{ total: 0, waiting: 0, running: 0, succeeded: 0, failed: 0, cancelled: 0 },
  requestedAt: stamps.createdAt,
  requestedBy: 'ada',
};

const apiToken: ApiToken = {
  tokenId: 8,
  tenant: 'default',
  name: 'deploy',
  permissions: ['scheduler:jobs:read'],
  secretHash: '',
  createdAt: stamps.createdAt,
  createdBy: 'ada',
};

const alertRule = aRule({ tenant: 'default', scope: 'application', applicationId: 1 });
const firing = {
  jobId: 7,
  applicationId: 1,
  jobName: 'nightly',
  since: stamps.createdAt,
  what: '3 executions failed in a row, at last with HTTP_500: the target answered 500',
  executionId: 42,
};
const told = {
  notificationId: '0f0e8b0c-5b0a-4d0e-9d5c-0c3f5b1c7a11',
  at: stamps.createdAt,
  deliveries: [
    {
      receiver: { type: 'email' as const, to: 'ops@example.com' },
      state: 'delivered' as const,
      attempts: 1,
      answer: '250 ok',
    },
  ],
};
const notification = { ...told, alerts: [{ ...firing, changedAt: stamps.createdAt }], more: 0 };

export const fakeCommands: Commands = {
  createApplication: async () => done(application),
  updateApplication: async () => done(application),
  deleteApplication: async () => done(undefined),
  createJob: async () => done({ job, application }),
  updateJob: async () => done({ job, application }),
  revertJob: async () => done({ job, application }),
  enableJob: async () => done({ job, application }),
  disableJob: async () => done({ job: { ...job, enabled: false }, application }),
  deleteJob: async () => done(undefined),
  triggerJob: async () => done(requested),
  requestTestCall: async () => done(undefined),
  cancelExecution: async () => done({ ended: true }),
  rerunExecution: async () => done(requested),
  requestBackfill: async () => done({ kind: 'requested', backfill }),
  cancelBackfill: async () => done(undefined),
  completeExecution: async () => done(undefined),
  heartbeatExecution: async () => done(undefined),
  setVariable: async () => done(variable),
  deleteVariable: async () => done(undefined),
  setSecret: async () => done({ ...variable, value: sealed }),
  deleteSecret: async () => done(undefined),
  rotateSecrets: async () => ({ rewrapped: 1, current: 2, failed: [] }),
  eraseSecrets: async () => done({ applicationId: 1, generation: 1 }),
  setLimit: async () => done(limit),
  deleteLimit: async () => done(undefined),
  setTls: async () =>
    done({ name: 'crm', origins: ['https://api.example.com'], updatedAt: stamps.updatedAt, updatedBy: 'ada' }),
  deleteTls: async () => done(undefined),
  setCalendar: async () => done({ ...calendar, tenant: 'default' }),
  deleteCalendar: async () => done(undefined),
  setPause: async () => done({ ...pause, pauseId: 5, tenant: 'default' }),
  liftPause: async () => done(undefined),
  requestOperation: async () => done(operation),
  cancelOperation: async () => done(operation),
  createToken: async () => done({ token: apiToken, secret: 'x'.repeat(43) }),
  revokeToken: async () => done(undefined),
  endSession: async () => done(undefined),
  endSessions: async () => done(undefined),
  eraseTenant: async () =>
    done({
      tenant: 'gone',
      correlationId: 'c-1',
      requestedBy: { type: 'user', name: 'ada' },
      requestedAt: stamps.createdAt,
    }),
  setAlertRule: async () => done(alertRule),
  deleteAlertRule: async () => done(undefined),
  startEngine: async () => done({ kind: 'claims' }),
  releaseEngines: async () => done(MEMORY_HOME),
};

const historyEntry: HistoryEntry = {
  version: 1,
  at: new Date(NOW_MS).toISOString(),
  actor: 'ann',
  action: 'createJob',
  requestId: 'a-request',
  changes: [{ path: '/name', to: 'sync' }],
};

export const fakeQueries: Queries = {
  listJobs: async () => ({ items: [jobView] }),
  getJob: async (_scope, id) => (id === 7 ? jobView : undefined),
  jobEverExisted: async (_scope, id) => id === 7,
  jobHistory: async (_scope, id) => ({ items: id === 7 ? [historyEntry] : [] }),
  objectHistory: async () => ({ items: [historyEntry] }),
  objectVersion: async () => ({ name: 'crm', displayName: 'CRM' }),
  tenantsWithOldRefusals: async () => [],
  jobsToExpire: async () => ({ jobs: [], next: undefined }),
  expiredJobs: async () => [],
  expiredBefore: async () => undefined,
  expiredSoFar: async () => ({ executions: 0, before: undefined }),
  listAudit: async () => ({
    items: [
      {
        at: new Date(NOW_MS).toISOString(),
        actor: 'ann',
        action: 'createJob',
        of: { kind: 'job', id: 7, name: 'sync', applicationId: 1 },
        outcome: 'done',
        requestId: 'a-request',
      },
    ],
  }),
  listTenants: async () => ({ items: [{ tenant: 'default', applications: 1, jobs: 1, tokens: 1 }] }),
  getTenant: async () => ({ tenant: 'default', applications: 1, jobs: 1, tokens: 1 }),
  openErasures: async () => [],
  countEnded: async () => ({}),
  listApplications: async () => ({ items: [{ ...jobView.application, ...stamps, revision: 0 }] }),
  getApplication: async (_scope, id) => (id === 1 ? { ...jobView.application, ...stamps, revision: 0 } : undefined),
  getValues: async (_scope, id) =>
    id === 1 ? { variables: [variable], secrets: [], limits: [limit], tls: [] } : undefined,
  listCalendars: async () => ({ items: [{ ...calendar, dateCount: 1 }] }),
  getCalendar: async (_scope, name) => (name === 'holidays' ? calendar : undefined),
  listPauses: async () => ({ items: [{ ...pause, id: 5 }] }),
  getPause: async (_scope, id) => (id === 5 ? { ...pause, id } : undefined),
  listOperations: async () => ({ items: [toOperationView(operation)] }),
  getOperation: async (_scope, id) => (id === 6 ? toOperationView(operation) : undefined),
  openOperations: async () => [],
  listTokens: async () => ({ items: [toTokenView(apiToken)] }),
  getToken: async (_scope, id) => (id === 8 ? toTokenView(apiToken) : undefined),
  selectItems: async () => [],
  countItems: async () => 3,
  loadClosures: async () => createClosureBook(),
  jobsWithCalendar: async () => ({ first: [], total: 0 }),
  jobsWithLimit: async () => ({ first: [], total: 0 }),
  limitUse: async () => ({ running: 0, begun: 0 }),
  jobsOfApplication: async () => ({ first: [], total: 0 }),
  openExecutionsOf: async () => ({ first: [], total: 0 }),
  pausesOfApplication: async () => [],
  listExecutions: async () => ({ items: [executionView] }),
  getExecution: async (_scope, id) => (id === 42 ? executionView : undefined),
  lastEventOfExecution: async (_scope, id) => (id === 42 ? { jobId: 7, revision: 3 } : undefined),
  listOccurrences: async () => ({ items: [occurrenceView] }),
  slotDays: async () => [slotDay],
  listBackfills: async () => ({ items: [backfillView] }),
  getBackfill: async (_scope, { backfillId }) => (backfillId === 9 ? backfillView : undefined),
  listAlertRules: async () => ({ items: [{ rule: alertRule, revision: 3 }] }),
  getAlertRule: async (_scope, name) => (name === 'failing' ? { rule: alertRule, revision: 3 } : undefined),
  countAlertRules: async () => 1,
  hasAlertRules: async () => true,
  allAlertRules: async () => [{ rule: alertRule, revision: 3 }],
  jobsOfAlertRule: async () => [7],
  listNotifications: async () => [notification],
  listAlerts: async () => ({ items: [{ rule: 'failing', ...firing, notification: told }] }),
  slotHistory: async () => new Map(),
  statistics: async () => ({
    jobs: { total: 1, enabled: 1 },
    executions: { pending: 0, running: 0, succeeded: 1, failed: 0, cancelled: 0, last24h: 1 },
  }),
  jobGlances: async () => [
    {
      jobId: 7,
      words: 'At 02:00 (UTC)',
      slots: [{ at: '2026-01-01T02:00:00.000Z', outcome: 'succeeded', executionId: 42 }],
    },
  ],
  upcomingSlots: async () => ({
    from: '2026-01-01T00:00:00.000Z',
    to: '2026-01-01T01:00:00.000Z',
    counts: [],
    first: [],
  }),
  hourlyStatistics: async () => [
    {
      from: '2026-01-01T00:00:00.000Z',
      executions: { pending: 0, running: 0, succeeded: 1, failed: 0, cancelled: 0 },
      uncalled: { skipped: 0, missed: 0 },
      lateness: { sample: 1, medianMs: 10, p99Ms: 10, maxMs: 10 },
    },
  ],
  jobsInNeed: async () => [
    { kind: 'failing', jobId: 7, name: 'nightly', application: 'CRM', since: '2026-01-01T02:00:00.000Z', count: 3 },
  ],
  slotCounts: async () => ({ fired: 8, late: {}, skipped: { OVERLAP: 2 }, missed: {} }),
  awaitPosition: async () => true,
};

export const explanation: LogExplanation = {
  jobs: 1,
  slots: { fired: 8, late: {}, skipped: {}, missed: {}, due: 0 },
  faults: {
    counts: { unexplained: 1, doubled: 0, notDue: 0 },
    first: [{ jobId: 7, kind: 'unexplained', firstMs: NOW_MS - 54_000_000, lastMs: NOW_MS - 54_000_000, count: 1 }],
  },
  unread: [],
};

const CLAIMS = { tenantClaim: 'tenant', applicationsClaim: 'applications' };
const rolePermissions = { viewer: ['scheduler:jobs:read'], boss: ['scheduler:admin'] };

const sealingKey = { id: 'k', key: Buffer.alloc(32, 7) };
/** Seals the sessions of the tests' app. */
export const SEALING_KEYS: SealingKeys = {
  current: sealingKey,
  find: (id) => (id === sealingKey.id ? sealingKey : undefined),
};

const NO_QUOTAS = { callerRequestsPerMinute: undefined, triggersPerMinute: undefined, bodyBytesPerMinute: undefined };

export type TestApp = { readonly app: Express; readonly world: ManualWorld };

type Changes = {
  readonly commands?: Partial<Commands>;
  readonly queries?: Partial<Queries>;
  readonly explainLog?: ExplainLog;
  readonly prover?: Partial<Prover>;
  readonly once?: RunOnce;
  readonly quotas?: Partial<TenantQuotas>;
  readonly echo?: boolean;
  readonly uiFiles?: UiFiles;
  readonly readiness?: Readiness;
  readonly publicUrl?: string;
  readonly provider?: IdentityProvider;
  /** Of the world's random numbers. */
  readonly seed?: number;
  /** How far the read models are behind. */
  readonly lagSeconds?: number;
  readonly measure?: RequestHandler;
  readonly findToken?: FindToken;
  readonly findEndedSessions?: FindEndedSessions;
  /** Everyone may read metrics and reasons. */
  readonly development?: boolean;
};

/** The app over records that answer at once; what a test looks at it hands in. */
export const testApp = (changes: Changes = {}): TestApp => {
  const world = manualWorld({ nowMs: NOW_MS, seed: changes.seed ?? 1 });
  const { publicUrl, readiness = { ready: true, roles: { api: { ready: true } }, degraded: [] } } = changes;
  const notices = createNotices(world, createMetrics());
  const cookie = { sessionCookie: 'session', publicUrl };
  const seal = createSessionSeal(SEALING_KEYS, world);
  const identify = createIdentify({
    keys: secretKeys(JWT_SECRET),
    clock: world.clock,
    ...CLAIMS,
    rolePermissions,
    findToken: changes.findToken ?? (async () => undefined),
    findEndedSessions: changes.findEndedSessions ?? (async () => undefined),
    sessions: seal,
  });
  const authenticate = createAuthenticate({ identify, ...cookie });
  const app = createApp({
    commands: { ...fakeCommands, ...changes.commands },
    queries: { ...fakeQueries, ...changes.queries },
    clock: world.clock,
    tracer: NO_TRACES,
    logBegan: async () => Date.UTC(2025, 0, 1),
    preview: async () => ({ value: { words: '', slots: [] } }),
    sync: async () => ({ applications: [], position: undefined }),
    events: { handle: async (_request, response) => void response.end(), stop: () => {} },
    applicationOfJob: async (jobId) => (jobId === 7 ? 1 : undefined),
    alertRule: async (_tenant, name) => (name === 'failing' ? alertRule : undefined),
    erasureOf: async () => undefined,
    testAlertRule: async () => [{ receiver: { type: 'email', to: 'ops@example.com' }, outcome: 'delivered' }],
    authenticate,
    sessions: {
      ...{ identify, seal, cookie, forgetEnded: () => {} },
      oidc: changes.provider && {
        ...{ ...CLAIMS, rolePermissions, sessionMs: 3_600_000, publicUrl: publicUrl ?? '' },
        provider: changes.provider,
        handshakes: createHandshakes({ ...world, keys: SEALING_KEYS, cookie }),
      },
    },
    timers: world.timers,
    jobAt: async () => job,
    once: changes.once ?? (({ context }, run) => run(context)),
    projections: { list: async () => [], build: async (name) => [{ name, generation: 2 }], plan: async () => [] },
    notices,
    health: {
      world,
      notices,
      readiness: async () => readiness,
      measure: changes.measure ?? ((_request, _response, next) => next()),
      metrics: { render: async () => ({ contentType: 'text/plain; version=0.0.4', text: 'up 1\n' }) },
      authenticate: changes.development === true ? undefined : authenticate,
    },
    explainLog: changes.explainLog ?? (async () => explanation),
    prover: { ...fakeProver, ...changes.prover },
    engines: async () => [{ engineId: 'engine-1', membership: 'working' }],
    lagSeconds: () => changes.lagSeconds ?? 0,
    quotas: createRequestQuotas({ quotas: { ...NO_QUOTAS, ...changes.quotas }, clock: world.clock }),
    version: '1.2.3',
    echo: changes.echo ?? false,
    uiFiles: changes.uiFiles ?? (async () => undefined),
  });
  return { app, world };
};
