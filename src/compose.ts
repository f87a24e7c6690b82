import { fileURLToPath } from 'node:url';
import { createSync } from './bootstrap/sync.ts';
import { caughtUpWith } from './commands/caught-up.ts';
import { createFindExpected } from './commands/execution/expected-execution.ts';
import { createJobChecks } from './commands/job/check-job.ts';
import { jobClosuresOf } from './commands/job-closures.ts';
import { lastReservedId } from './commands/loop/ids.ts';
import {
  applicationOfJob,
  definitionAt,
  loadAlertRule,
  loadEndedSessions,
  loadErasure,
  loadToken,
} from './commands/loop/load.ts';
import { createFindNamed } from './commands/loop/names.ts';
import { hasRoomIn } from './commands/named-values/limits.ts';
import { createAlertSender, startAlerts } from './compose/alerts.ts';
import { createCaller, noticeBlocked, watchCalls } from './compose/calls.ts';
import { createCommandChecks } from './compose/command-checks.ts';
import { createCore, onCommonTime } from './compose/core.ts';
import { enginesOf, livingEnginesOf } from './compose/engines.ts';
import { startHeartbeat } from './compose/heartbeat.ts';
import { listen } from './compose/listen.ts';
import { watchLists } from './compose/lists.ts';
import { createServiceMetrics } from './compose/metrics/service-metrics.ts';
import { tellMissingKeys } from './compose/missing-keys.ts';
import { startOperations, startRetention } from './compose/operations.ts';
import { developmentSecrets, removeRunFile, writeRunFile } from './compose/own-files.ts';
import { type OnStop, startParts } from './compose/parts.ts';
import { openPreview } from './compose/preview.ts';
import { openProver } from './compose/proving.ts';
import { startPublisher } from './compose/publishing.ts';
import { openQueries, showReadModels } from './compose/queries.ts';
import { readinessOf } from './compose/readiness.ts';
import { startRefusals } from './compose/refusals.ts';
import { ROLES, type Role } from './compose/roles.ts';
import { scheduleLoader } from './compose/schedule-loader.ts';
import { createSignIn } from './compose/sign-in.ts';
import { readersOf, standstillOf, watchStandstills } from './compose/standstills.ts';
import { createStartWait } from './compose/start-wait.ts';
import { openStorage, type Storage, whenLogBegan } from './compose/storage.ts';
import { syncAtStart } from './compose/sync-at-start.ts';
import { openTracer } from './compose/tracing.ts';
import { createTroubles } from './compose/troubles.ts';
import type { Config } from './config.ts';
import { createLeases } from './db/leases.ts';
import { createMembershipTable } from './db/membership.ts';
import type { EndedSessions, TenantErasure } from './domain/events/index.ts';
import { createSensitiveNames } from './domain/redaction/index.ts';
import type { SessionOwner } from './domain/session.ts';
import { parseTargetPolicy } from './domain/targets/index.ts';
import { createClosureTable } from './engine/jobs/closures.ts';
import { createExplainLog } from './explain/explain-log.ts';
import { createApp, createHealthApp, createStartingApp } from './http/app.ts';
import { createLogLookup } from './http/callers/log-lookup.ts';
import { countCallers, createRequestQuotas } from './http/callers/quotas.ts';
import { createFront } from './http/front.ts';
import { PREFIX } from './http/prefix.ts';
import { createSse } from './http/sse/index.ts';
import { createTokenLookup } from './http/tokens/token-caller.ts';
import { readUiFiles } from './http/ui.ts';
import { everyProjection } from './projections/all.ts';
import { listProjections } from './projections/list-projections.ts';
import { planRebuild, requestBuild } from './projections/rebuild.ts';
import { startProjections } from './projections/runner.ts';
import { unattendedProjections } from './projections/unattended.ts';
import { awaitWithin } from './runtime/within.ts';
import type { World } from './runtime/world.ts';
import { createKeyRing } from './secrets/key-ring.ts';
import { unscoped } from './telemetry/log-scope.ts';
import type { Metrics } from './telemetry/metrics.ts';
import { createNotices } from './telemetry/notices.ts';

export { ROLES, type Role };

export type Service = {
  /** Its URL on this machine; callers from elsewhere use `PUBLIC_URL`. */
  readonly url: string;
  /** The development token; undefined in production. */
  readonly token: string | undefined;
  /** Why its engine stands by; undefined if it does not, or if there is no engine. */
  readonly standsBy: string | undefined;
  /** The embedded Postgres that runs with it, if one does. */
  readonly embedded: Storage['embedded'];
  /** Stops claiming, lets calls under way end, and closes everything. */
  stop(): Promise<void>;
};

/** Limits of a stop for calls under way and for HTTP answers. A whole stop may take 29 s: see cli/start.ts. */
const DRAIN_MS = 25_000;
const CLOSE_MS = 3_000;
/** Ids that are not given back in time leave a gap. */
const GIVE_BACK_MS = 500;
/** With more claims than this waiting for their call, the engine is overloaded and the publisher yields to it. */
const BUSY_ENGINE_CALLS = 1_000;
/** Most memory for job definitions that the engine keeps. */
const DEFINITION_BYTES = 64 * 1_024 * 1_024;
/** The admin page, as `npm ci` builds it. */
const UI_FOLDER = fileURLToPath(new URL('../ui/dist/', import.meta.url));

type ServiceOptions = {
  readonly config: Config;
  readonly world: World;
  readonly metrics: Metrics;
  readonly version: string;
  readonly roles: readonly Role[];
  /** Aborted when the service is to stop before it has started. */
  readonly signal: AbortSignal;
};

/**
 * Builds every adapter, wires the roles and starts them. Nothing else builds an adapter. Where a part does not start, it
 * stops the parts that were started.
 * @throws StoppedWhileStarting, and the error of the part that did not start, which says what to do
 */
export const startService = (options: ServiceOptions): Promise<Service> =>
  startParts((onStop) => start(options, onStop), { ...options.world, signal: options.signal });

const start = async (
  { config, world: local, metrics, version, roles }: Omit<ServiceOptions, 'signal'>,
  onStop: OnStop,
): Promise<Omit<Service, 'stop'>> => {
  const world = onCommonTime(local);
  const development = config.mode === 'development';
  const madeUpSecrets = development ? await developmentSecrets(config.dataDir, world.random) : undefined;
  const apiTokens = createTokenLookup(local);
  const erasures = createLogLookup<string, TenantErasure>('tenants', local);
  const endedSessions = createLogLookup<SessionOwner, EndedSessions>('sessions', local);
  const ring = createKeyRing(config.secretKeys ?? madeUpSecrets?.secretKeys ?? '');
  const signIn = createSignIn(config, madeUpSecrets?.jwtSecret, {
    ...world,
    findToken: apiTokens.find,
    endedSessions,
    isErased: (tenant) => erasures.peek(tenant) !== undefined,
    ring,
  });
  const quotas = createRequestQuotas({ quotas: config.quotas, clock: world.clock });
  const notices = createNotices(local, metrics);
  const measures = createServiceMetrics({ config, roles, metrics, world });
  const measure = measures.measureRequest;
  const tracing = await openTracer({ config, version, world, metrics, onStop });
  const { tracer } = tracing;
  const publicHealth = {
    world,
    metrics,
    notices,
    measure,
    authenticate: config.http.isOpen ? undefined : countCallers(signIn.authenticate, quotas),
  };
  const privateHealth = { ...publicHealth, authenticate: undefined };
  const startWait = createStartWait(local);
  const starting = { roles, reason: startWait.reason };
  const front = createFront(createStartingApp({ ...starting, ...publicHealth }), local);
  onStop(() => front.close(CLOSE_MS));
  if (development && !config.http.isOpen) {
    world.log.warn(
      { host: config.http.host },
      'development mode is open to other machines: /_/scheduler/echo needs no token',
    );
  }
  const port = await listen(front.server, { ...config.http, anyOther: development && !config.http.portNamed });
  const back = createFront(createStartingApp({ ...starting, ...privateHealth }), local);
  if (config.http.metricsPort !== undefined) {
    onStop(() => back.close(CLOSE_MS));
    await listen(back.server, { host: config.http.host, port: config.http.metricsPort, anyOther: false });
  }
  const { showPool } = measures;
  // Connections and the queues before them work for all requests at once.
  const sharedWorld = { ...world, log: unscoped(world.log) };
  const storage = await openStorage({ config, world: sharedWorld, metrics, onStop, startWait, showPool });
  const { databaseUrl, pool, verbatim, logId, home, parked } = storage;
  const store = tracing.traceLog(measures.measureLog(storage.store));
  apiTokens.readFrom({
    token: async (tokenId) => (await loadToken(store, tokenId)).state,
    lastId: () => lastReservedId(store, 'tokens'),
  });
  erasures.readFrom(async (tenant) => (await loadErasure(store, tenant)).state);
  endedSessions.readFrom(async (owner) => (await loadEndedSessions(store, owner)).state);
  const readers = measures.readersOf(store);
  const url = `http://${reachableHost(config.http.host)}:${port}`;
  const publicUrl = config.http.publicUrl ?? url;

  const queries = await openQueries({ databaseUrl, store, world: sharedWorld, onStop, showPool });
  showReadModels({ queries, metrics, world });

  const policy = parseTargetPolicy({
    allowedTargets: config.targets.allowed.join(','),
    listedOnly: config.targets.listedOnly,
    ports: config.targets.ports?.join(','),
    internalHosts: config.targets.internalHosts.join(','),
    publicUrl,
  });
  const names = createSensitiveNames(config.sensitiveNames);
  const shared = { config, localClock: local.clock, policy, names, onStop };
  const checks = createCommandChecks({ ...shared, timers: world.timers, store, queries });
  const jobClosures = jobClosuresOf({ store, queries, ...world });
  const membership = createMembershipTable(pool);
  const livingEngines = livingEnginesOf({ membership, store, clock: world.clock });
  const core = createCore({ home, store, world, ring, jobClosures, livingEngines, tracer, ...checks });
  const { commands, tasks } = core;
  const caller = createCaller({ ...shared, version, world });
  onStop(async () => {
    await awaitWithin(local.timers, GIVE_BACK_MS, core.giveIdsBack());
  });

  const projections = roles.includes('projections')
    ? startProjections({
        ...{ store, logId, databaseUrl, world },
        projections: everyProjection,
        onStatus: readers.changed,
      })
    : undefined;
  if (projections !== undefined) {
    onStop(() => projections.stop());
    readers.showProjections(projections);
  }
  const recordedNotices = startRefusals({
    ...{ store, world, queries, notices, metrics, onStop },
    retentionMs: config.refusalRetentionMs,
  });
  // Registered again here, so that the server closes before the parts that its answers need.
  onStop(() => front.close(CLOSE_MS));

  const engine = roles.includes('engine')
    ? core.engineOf({
        logId,
        membership,
        zoneData: process.versions.tz ?? '',
        // Only one process at a time uses an embedded Postgres.
        alone: config.databaseUrl === undefined,
        loadSchedule: scheduleLoader({ databaseUrl, pool, logId }, world),
        ...config.engine,
        definitionBytes: DEFINITION_BYTES,
        closures: createClosureTable(),
        caller,
        names,
        maxTimeoutMs: config.targets.maxTimeoutMs,
        completionUrlOf: ({ jobId, executionId }) =>
          `${publicUrl}${PREFIX}/executions/${executionId}/complete?job=${jobId}`,
        watched: watchCalls([noticeBlocked(notices), measures.measureCalls(), tracing.traceCalls]),
      })
    : undefined;
  const hasUrgentWork = () => (engine?.status().waiting ?? 0) > BUSY_ENGINE_CALLS;
  const publisher =
    roles.includes('publisher') && config.kafka !== undefined
      ? startPublisher({ store, logId, world, config: config.kafka, hasUrgentWork }, { metrics, ...readers })
      : undefined;
  if (publisher !== undefined) onStop(() => publisher.stop());
  if (engine === undefined) {
    const keeper = core.timeKeeperOf(membership.serverTime);
    onStop(async () => keeper.stop());
    await keeper.start();
  } else {
    onStop(() => engine.stop(DRAIN_MS));
    measures.showEngine(engine);
  }

  const alertSender = await createAlertSender({ config, publicUrl, caller, core, world, onStop });
  const caughtUp = (limitMs: number): Promise<boolean> => caughtUpWith({ store, queries }, limitMs);
  const sync = createSync({
    commands,
    queries,
    checks: createJobChecks({ store, tasks }),
    caughtUp,
    publicUrl,
    world,
  });
  const standstills = watchStandstills({
    store,
    readers: () => readersOf(projections, publisher),
    engineSinceMs: engine && standstillOf(engine),
    world,
    metrics,
  });
  onStop(async () => standstills.stop());
  const lists = roles.includes('api')
    ? watchLists({
        ...{ store, world },
        logEnd: readers.logEnd,
        reached: queries.reached,
        unattended: () => unattendedProjections(pool, everyProjection),
      })
    : undefined;
  onStop(async () => lists?.stop());
  const troubles = createTroubles(world);
  const readiness = readinessOf({
    ...{ roles, pool, projections, engine, publisher },
    ...{ lists, standstills, parked, troubles, world },
  });
  const health = { ...publicHealth, readiness };
  back.serve(createHealthApp({ ...privateHealth, readiness }));
  if (lists !== undefined) {
    const events = createSse({ store, logId, world });
    onStop(async () => events.stop());
    const app = createApp({
      health: { ...health, notices: recordedNotices },
      events,
      commands,
      queries,
      clock: world.clock,
      logBegan: whenLogBegan(store),
      sync,
      expectedOf: createFindExpected({ store, world, names, jobClosures, hasRoom: hasRoomIn({ queries, ...world }) }),
      preview: openPreview({ config, core, queries, names, caller, store, world, jobClosures }),
      projections: {
        list: () => listProjections({ pool, store, logId }, everyProjection),
        build: (name, order) => requestBuild(pool, { name, projections: everyProjection }, order),
        plan: (name) => planRebuild(pool, { name, projections: everyProjection }),
      },
      explainLog: createExplainLog({ store, world }),
      prover: openProver({ config, madeUpKey: madeUpSecrets?.auditKey, pool, verbatim, logId, queries, world }),
      engines: enginesOf({ membership, engine }),
      lagSeconds: lists.lagSeconds,
      quotas,
      once: core.once,
      testAlertRule: alertSender.test,
      alertRule: async (tenant, name) => (await loadAlertRule(store, tenant, name)).state,
      erasureOf: async (tenant) => (await loadErasure(store, tenant)).state,
      jobAt: (jobId, revision) => definitionAt(store, jobId, revision),
      named: createFindNamed(store),
      applicationOfJob: (jobId) => applicationOfJob(store, jobId),
      authenticate: signIn.authenticate,
      sessions: signIn.sessions,
      timers: world.timers,
      notices,
      version,
      tracer,
      echo: development,
      uiFiles: readUiFiles(UI_FOLDER),
    });
    front.serve(app);
  } else front.serve(createHealthApp(health));

  const keyCheck = new AbortController();
  onStop(async () => keyCheck.abort());
  if (roles.includes('api') || roles.includes('engine')) {
    void tellMissingKeys({ store, ring, world, troubles, signal: keyCheck.signal });
  }
  const token = signIn.developmentToken;
  await engine?.start();
  if (roles.includes('api') || roles.includes('engine')) {
    const leases = createLeases({ databaseUrl, timers: world.timers });
    onStop(() => leases.close());
    startOperations({ core, leases, queries, caughtUp, countTrigger: quotas.countTrigger, onStop });
    if (config.executionRetentionMs !== undefined) {
      const retentionMs = config.executionRetentionMs;
      startRetention({ retentionMs, core, queries, pool, verbatim, leases, world, onStop });
    }
    startAlerts({
      config,
      core,
      storage: { store, home },
      sender: alertSender,
      queries,
      caughtUp,
      leases,
      metrics,
      onStop,
    });
  }
  if (roles.includes('api')) {
    await syncAtStart({ sync, queries, world, troubles, dir: config.bootstrapDir, development });
  }
  if (config.heartbeatUrl !== undefined) {
    const makesProgress = async (): Promise<boolean> => (await readiness()).makesProgress;
    const heartbeat = startHeartbeat({ url: config.heartbeatUrl, makesProgress, fetch, world });
    onStop(heartbeat.stop);
  }
  await writeRunFile(config.dataDir, { url, pid: process.pid, ...(token === undefined ? {} : { token }) });
  onStop(() => removeRunFile(config.dataDir));
  const status = engine?.status();
  const standsBy = status?.state === 'standing by' ? status.why : undefined;
  return { url, token, standsBy, embedded: storage.embedded };
};

/** A host for the printed URL: `localhost` where the server listens on all addresses. */
const reachableHost = (host: string): string => {
  if (host === '0.0.0.0' || host === '::') return 'localhost';
  return host.includes(':') ? `[${host}]` : host;
};
