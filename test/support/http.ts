import type { Express, RequestHandler } from 'express';
import type { CommandResult } from '../../src/commands/command.ts';
import type { Commands } from '../../src/commands/index.ts';
import type { OpenExecution } from '../../src/domain/events/index.ts';
import type { TenantQuotas } from '../../src/domain/quotas.ts';
import { jobStream } from '../../src/domain/streams.ts';
import { NO_STREAM } from '../../src/event-store/port.ts';
import { createApp } from '../../src/http/app.ts';
import { createAuthenticate, createIdentify } from '../../src/http/callers/authenticate.ts';
import type { FindEndedSessions, FindToken } from '../../src/http/callers/log-lookup.ts';
import { countCallers, createRequestQuotas } from '../../src/http/callers/quotas.ts';
import type { ApiContext, Readiness } from '../../src/http/context.ts';
import { createHandshakes } from '../../src/http/sessions/oidc/handshakes.ts';
import type { IdentityProvider } from '../../src/http/sessions/oidc/provider.ts';
import { createSessionSeal, type SealingKeys } from '../../src/http/sessions/session.ts';
import { signToken } from '../../src/http/tokens/sign-token.ts';
import { secretKeys } from '../../src/http/tokens/verify-token.ts';
import type { Queries } from '../../src/projections/queries/index.ts';
import type { JobView } from '../../src/projections/queries/jobs-row.ts';
import type { ExecutionView } from '../../src/projections/queries/records/executions.ts';
import { createMetrics } from '../../src/telemetry/metrics.ts';
import { createNotices } from '../../src/telemetry/notices.ts';
import { NO_TRACES } from '../../src/telemetry/tracer.ts';
import { anApplication, sealedAs } from './applications.ts';
import { codec } from './codec.ts';
import { metadata } from './histories.ts';
import { aJob, bornAt } from './jobs.ts';
import { createMemoryEventStore } from './memory-store.ts';
import { stub } from './stub.ts';
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

/** A token signed with the tests' secret, valid for an hour. */
export const tokenFor = (claims: Readonly<Record<string, unknown>> = {}, subject = 'ada'): string =>
  signToken({
    secret: JWT_SECRET,
    subject,
    claims: { permissions: ALL_BUT_ADMIN, ...claims },
    nowMs: NOW_MS,
    lifetimeSeconds: 3_600,
  });

export const application = anApplication({ applicationId: 1, tenant: 'default' });
export const job = aJob({
  tenant: 'default',
  applicationId: 1,
  name: 'nightly',
  pattern: '0 2 * * *',
  taskConfig: {
    url: 'https://example.com/sync',
    method: 'POST',
    auth: { authMethod: 'bearer', token: sealedAs('Zm8=') },
  },
});
export const jobView: JobView = {
  job,
  runs: 0,
  nextRunAt: '2026-01-02T02:00:00.000Z',
  lastExecution: null,
  state: { name: 'active' },
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
  result: { taskType: 'HttpInvokerTask' as const, status: 200, headers: {}, data: { healthy: true }, truncated: false },
};

/** The result of a command that recorded this value. */
export const done = <T>(value: T): CommandResult<T> => ({ value, revision: 3, position: '00000000000000000009' });

const requested: OpenExecution = {
  executionId: 43,
  attempt: 1,
  state: 'pending',
  trigger: 'manual',
  scheduledAt: bornAt,
  createdAt: bornAt,
  createdBy: 'ada',
};

/** Successful results for most tests of the app; a test passes the other commands that it calls. */
export const fakeCommands: Pick<Commands, 'createJob' | 'updateJob' | 'enableJob' | 'triggerJob' | 'endSession'> = {
  createJob: async () => done({ job, application }),
  updateJob: async () => done({ job, application }),
  enableJob: async () => done({ job, application }),
  triggerJob: async () => done({ job, application, execution: requested }),
  endSession: async () => done(undefined),
};

const fakeQueries: Partial<Queries> = {
  listJobs: async () => ({ items: [jobView] }),
  getJob: async (_scope, id) => (id === 7 ? jobView : undefined),
  newJobOutlook: async () => undefined,
  jobEverExisted: async (_scope, id) => id === 7,
  namesOfJobs: async () => new Map([[7, { jobName: 'nightly', applicationId: 1, applicationName: 'crm' }]]),
  listExecutions: async () => ({ items: [executionView] }),
  hookOf: async () => undefined,
  getExecution: async (_scope, id) => (id === 42 ? executionView : undefined),
  expiredBefore: async () => undefined,
  awaitPosition: async () => true,
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

type Changes = Partial<Omit<ApiContext, 'commands' | 'queries' | 'quotas'>> & {
  readonly commands?: Partial<Commands>;
  readonly queries?: Partial<Queries>;
  readonly quotas?: Partial<TenantQuotas>;
  readonly readiness?: Readiness;
  readonly publicUrl?: string;
  readonly provider?: IdentityProvider;
  /** Of the world's random numbers. */
  readonly seed?: number;
  readonly measure?: RequestHandler;
  readonly findToken?: FindToken;
  readonly findEndedSessions?: FindEndedSessions;
  readonly isErased?: (tenant: string) => boolean;
  /** Everyone may read metrics and reasons. */
  readonly development?: boolean;
};

/** The app on immediate responses; a test passes what it checks. */
export const testApp = ({
  commands,
  queries,
  quotas,
  readiness = { ready: true, roles: { api: { ready: true } }, degraded: [] },
  publicUrl,
  provider,
  seed = 1,
  measure = (_request, _response, next) => next(),
  findToken = async () => undefined,
  findEndedSessions = async () => undefined,
  isErased = () => false,
  development = false,
  ...others
}: Changes = {}): TestApp => {
  const world = manualWorld({ nowMs: NOW_MS, seed });
  const notices = createNotices(world, createMetrics());
  const cookie = { sessionCookie: 'session', publicUrl };
  const seal = createSessionSeal(SEALING_KEYS, world);
  const identify = createIdentify({
    keys: secretKeys(JWT_SECRET),
    clock: world.clock,
    ...CLAIMS,
    rolePermissions,
    findToken,
    findEndedSessions,
    sessions: seal,
  });
  const authenticate = createAuthenticate({ identify, isErased, ...cookie });
  const counted = createRequestQuotas({ ...NO_QUOTAS, ...quotas }, world.clock);
  const store = createMemoryEventStore({ codec, now: world.clock.now });
  void store.append({
    stream: jobStream(job.jobId),
    expectedRevision: NO_STREAM,
    events: [{ type: 'JobCreated', data: job, id: crypto.randomUUID(), metadata }],
  });
  const app = createApp(
    stub<ApiContext>({
      commands: stub<Commands>({ ...fakeCommands, ...commands }),
      queries: stub<Queries>({ ...fakeQueries, ...queries }),
      clock: world.clock,
      timers: world.timers,
      tracer: NO_TRACES,
      events: { stream: async (response) => void response.end(), stop: () => {} },
      logBegan: async () => Date.UTC(2025, 0, 1),
      named: { application: async () => undefined, job: async () => undefined },
      store,
      authenticate,
      sessions: {
        ...{ identify, seal, cookie, forgetEnded: () => {} },
        oidc: provider && {
          ...{ ...CLAIMS, rolePermissions, sessionMs: 3_600_000, publicUrl: publicUrl ?? '' },
          provider,
          handshakes: createHandshakes({ ...world, keys: SEALING_KEYS, cookie }),
        },
      },
      expectedOf: async () => ({}),
      once: ({ context }, run) => run(context),
      notices,
      health: {
        world,
        notices,
        readiness: async () => readiness,
        measure,
        metrics: { render: async () => ({ contentType: 'text/plain; version=0.0.4', text: 'up 1\n' }) },
        authenticate: development ? undefined : countCallers(authenticate, counted),
      },
      engines: async () => [{ engineId: 'engine-1', status: 'working' }],
      lagSeconds: () => 0,
      quotas: counted,
      version: '1.2.3',
      echo: false,
      uiFiles: async () => undefined,
      ...others,
    }),
  );
  return { app, world };
};
