import { type AlertRulePorts, mailRejectionOf } from '../commands/alert-rule/receivers.ts';
import { createTaskChecks, judgeTarget } from '../commands/job/check-task.ts';
import { jobClosuresOf } from '../commands/job-closures.ts';
import { awaitReadModels, readModelsOf } from '../commands/read-models.ts';
import { createResourceQuotas, resourceCounts } from '../commands/resource-quotas.ts';
import { createAdmitTenant } from '../commands/tenant.ts';
import { openDataFolder } from '../db/data-folder.ts';
import { createMembershipTable, type MembershipTable } from '../db/membership.ts';
import { openReaders } from '../db/readers.ts';
import { createWorkBeats, type WorkBeats } from '../db/work-beats.ts';
import { createResolver, limitPerTenant, resolveWithin } from '../dns/resolver.ts';
import { isAllowedTargetsEvent } from '../domain/events/index.ts';
import { createSensitiveNames, type SensitiveNames } from '../domain/redaction/mask.ts';
import { allowedTargetsStream } from '../domain/streams.ts';
import {
  evolveAllowedTargets,
  parseTargetEntries,
  parseTargetPolicy,
  type TargetPolicy,
} from '../domain/targets/policy.ts';
import { createTargetCaller } from '../engine/call/caller.ts';
import type { TargetCaller } from '../engine/call/port.ts';
import { livingEnginesOf } from '../engine/cluster/list-engines.ts';
import { StreamParked } from '../event-store/errors.ts';
import type { LogAdapter, LogKind } from '../event-store/log-kind.ts';
import { selectedLogKind } from '../event-store/log-kinds.ts';
import type { EventStore } from '../event-store/port.ts';
import { createRequestQuotas, type RequestQuotas } from '../http/callers/quotas.ts';
import { createQueries, type OpenQueries } from '../projections/queries/index.ts';
import { pollAfterDelay } from '../runtime/poll.ts';
import { createOutageLog } from '../runtime/retry.ts';
import type { Runtime } from '../runtime/runtime.ts';
import { awaitWithTimeout } from '../runtime/timeout.ts';
import { createKeyRing, type KeyRing } from '../secrets/key-ring.ts';
import { createTaskSealing } from '../secrets/task-secrets.ts';
import { unscoped } from '../telemetry/logger.ts';
import { createNotices, type Notices } from '../telemetry/notices.ts';
import { type CommonRuntime, type Core, createCore, withCommonTime } from './core.ts';
import { createHealthIssues, type HealthIssues } from './health-issues.ts';
import {
  createTenantLabels,
  measureLog,
  measureReaders,
  type ReaderMetrics,
  type ShowPool,
  showPools,
  type TenantLabels,
  useOfPool,
} from './metrics/service-metrics.ts';
import { type DevelopmentSecrets, developmentSecrets } from './own-files.ts';
import type { OnStop, ServiceOptions } from './start.ts';
import { createStartWait, openStorage, type StartWait, type Storage } from './storage.ts';
import { openTracer, type Tracing } from './tracing.ts';

/** Limits of DNS lookups: time per query, and simultaneous lookups per tenant. */
const CALL_LOOKUPS = { timeoutMs: 3_000, perTenant: 64 };
const CHECK_LOOKUPS = { timeoutMs: 1_000, perTenant: 16 };
/** Time limit of the lookups for checking one target. */
const CHECK_MS = 2_000;

/**
 * Creates what sends requests to targets, and what checks targets before they are recorded. Both follow the same policy.
 * @param publicUrl base URL of the API for external callers; jobs do not use it
 */
const openTargets = (base: Base, publicUrl: string, names: SensitiveNames) => {
  const { config, version, world, onStop } = base;
  const { targets } = config;
  const settings = parseTargetPolicy({
    allowedTargets: targets.allowed.join(','),
    listedOnly: targets.listedOnly,
    ports: targets.ports?.join(','),
    internalHosts: targets.internalHosts.join(','),
    publicUrl,
  });
  let { allowed } = settings;
  const policy: TargetPolicy = {
    ...settings,
    get allowed() {
      return allowed;
    },
  };
  // Checks have their own resolver, so that they never delay calls.
  const resolveFor = resolveWithin(world.timers, CHECK_MS, openResolver(base, CHECK_LOOKUPS));
  const caller: TargetCaller = createTargetCaller({
    policy,
    resolveFor: openResolver(base, CALL_LOOKUPS),
    world,
    names,
    egressProxy: targets.egressProxy,
    userAgent: `Carillon/${version}`,
    connectionsPerTarget: config.engine.targetConcurrency,
  });
  onStop(() => caller.close());
  const alerts: AlertRulePorts = {
    checkTarget: (url, { tenant, pointer }) => judgeTarget({ url }, { policy, resolve: resolveFor(tenant), pointer }),
    mailRejection: mailRejectionOf(config.alerts),
  };
  return {
    caller,
    taskChecks: createTaskChecks({ policy, resolveFor, names, maxTimeoutMs: targets.maxTimeoutMs }),
    alerts,
    /** Applies the list of allowed targets in the log, now and within a second of each change. */
    followAllowed: (store: EventStore) =>
      followAllowedTargets(base, store, (targets) => {
        allowed = targets === undefined ? settings.allowed : parseTargetEntries(targets);
      }),
  };
};

/** With the read, less than the second in which a change applies. */
const POLL_INTERVAL_MS = 900;

/**
 * Passes on the targets that the log allows, `undefined` if the setting applies. If this version can't read the list, no
 * internal target is allowed.
 */
const followAllowedTargets = async (
  { world, onStop }: Base,
  store: EventStore,
  apply: (targets: readonly string[] | undefined) => void,
): Promise<void> => {
  let appliedId: string | undefined;
  const read = async (): Promise<void> => {
    const [last] = await store.readLast([allowedTargetsStream]);
    if (last?.id === appliedId) return;
    try {
      if (last instanceof StreamParked) throw last;
      if (last === undefined) apply(undefined);
      else if (isAllowedTargetsEvent(last)) apply(evolveAllowedTargets(last)?.targets);
      else throw new Error(`${last.type} is no event of this stream`);
      world.log.info({ eventId: last?.id }, 'the allowed targets have changed');
    } catch (error) {
      world.log.error({ error }, 'the allowed targets can not be read: no internal target is allowed');
      apply([]);
    }
    appliedId = last?.id;
  };
  await read();
  const outage = createOutageLog(world.log, 'reads of the allowed targets', {});
  const stopping = new AbortController();
  onStop(async () => stopping.abort());
  const readAgain = () => read().then(outage.worked, outage.failed);
  void pollAfterDelay(readAgain, { timers: world.timers, everyMs: POLL_INTERVAL_MS, signal: stopping.signal });
};

/** Opens a resolver, which caches responses by this machine's clock. */
const openResolver = ({ local, onStop }: Base, { timeoutMs, perTenant }: typeof CALL_LOOKUPS) => {
  const resolver = createResolver({ clock: local.clock, timeoutMs });
  onStop(async () => resolver.close());
  return limitPerTenant(resolver.resolve, perTenant);
};

/** What the parts of a process share before Postgres and the log are available. */
export type Base = ServiceOptions & {
  /** With the clock of this machine. */
  readonly local: Runtime;
  /** With the time that all processes share. */
  readonly world: CommonRuntime;
  readonly onStop: OnStop;
  readonly logKind: LogKind;
  readonly logAdapter: LogAdapter;
  /** Secrets generated by development mode; `undefined` in production. */
  readonly madeUp: DevelopmentSecrets | undefined;
  readonly ring: KeyRing;
  readonly quotas: RequestQuotas;
  readonly notices: Notices;
  readonly showPool: ShowPool;
  /** The tenants that metrics name. */
  readonly tenants: TenantLabels;
  readonly tracing: Tracing;
  readonly startWait: StartWait;
};

/** What the roles of a process share. */
export type Shared = Base &
  Storage & {
    /** Base URL of the API for external callers. */
    readonly publicUrl: string;
    readonly queries: OpenQueries;
    readonly core: Core;
    readonly caller: TargetCaller;
    readonly names: SensitiveNames;
    readonly membership: MembershipTable;
    readonly beats: WorkBeats;
    readonly readers: ReaderMetrics;
    readonly issues: HealthIssues;
    /** Waits up to the limit for the read models to reach the end of the log. Resolves to whether they did. */
    readonly caughtUp: (limitMs: number) => Promise<boolean>;
  };

/** Creates everything that needs neither Postgres nor the log. */
export const openBase = async (options: ServiceOptions, onStop: OnStop): Promise<Base> => {
  const { config, metrics, world: local } = options;
  const world = withCommonTime(local);
  const logKind = selectedLogKind(config.eventStore.url, options.logKinds);
  const logAdapter = await logKind.load();
  if (config.eventStore.url !== undefined) logAdapter.checkUrl(config.eventStore.url);
  // Otherwise run.json could fail at the end of the start. An engine process that another process started has no file.
  if (config.http.port !== undefined) await openDataFolder(config.dataDir);
  const madeUp = config.mode === 'development' ? await developmentSecrets(config.dataDir, world.random) : undefined;
  return {
    ...options,
    ...{ local, world, onStop, logKind, logAdapter },
    madeUp,
    ring: createKeyRing(config.secretKeys ?? madeUp?.secretKeys ?? ''),
    quotas: createRequestQuotas(config.quotas, world.clock),
    notices: createNotices(local, metrics),
    showPool: showPools(metrics),
    tenants: createTenantLabels(),
    tracing: await openTracer({ ...options, world, onStop }, logKind),
    startWait: createStartWait(local),
  };
};

/** Ids that are not returned in time leave a gap. */
const GIVE_BACK_MS = 500;

/** Opens the stores, and creates what the roles of a process share. @param url where the process listens */
export const openShared = async (base: Base, url: string): Promise<Shared> => {
  const { config, tracing, onStop, local, world } = base;
  // Connections and their queues work for all requests together.
  const unscopedBase = { ...base, world: { ...world, log: unscoped(world.log) } };
  const opened = await openStorage(unscopedBase);
  const storage = { ...opened, store: tracing.traceLog(measureLog(base, opened.store)) };
  const { store, pool, home } = storage;
  const queries = openQueries(unscopedBase, storage);

  const publicUrl = config.http.publicUrl ?? url;
  const names = createSensitiveNames(config.sensitiveNames);
  const { caller, taskChecks, alerts, followAllowed } = openTargets(base, publicUrl, names);
  await followAllowed(opened.store);
  const membership = createMembershipTable(pool);
  const read = { store, queries, world };
  const core = createCore({
    home,
    store,
    world,
    ring: base.ring,
    tracer: tracing.tracer,
    tasksOf: (sealer) => ({ ...taskChecks, ...createTaskSealing({ sealer, names }) }),
    alerts,
    holdings: createResourceQuotas(resourceCounts(read), config.quotas.jobs),
    admitTenant: createAdmitTenant(store, local.clock),
    readModels: readModelsOf(read),
    jobClosures: jobClosuresOf(read),
    livingEngines: livingEnginesOf(membership, store, world.clock),
  });
  onStop(async () => {
    await awaitWithTimeout(local.timers, GIVE_BACK_MS, core.giveIdsBack());
  });
  return {
    ...base,
    ...storage,
    queries,
    core,
    caller,
    names,
    membership,
    beats: createWorkBeats(pool),
    publicUrl,
    readers: measureReaders(base, store),
    issues: createHealthIssues(world),
    caughtUp: (limitMs) => awaitReadModels(read, limitMs),
  };
};

/** Creates the queries and their pools. */
const openQueries = ({ showPool, world, onStop }: Base, storage: Storage): OpenQueries => {
  const readers = openReaders({
    url: storage.databaseUrl,
    world,
    opened: (name, pool) => {
      onStop(() => pool.close());
      showPool(name, () => useOfPool(pool));
    },
  });
  const queries = createQueries({ ...storage, readers, world });
  onStop(() => queries.close());
  return queries;
};
