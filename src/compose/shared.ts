import { awaitReadModels } from '../commands/await-read-models.ts';
import { type JobClosures, jobClosuresOf } from '../commands/job-closures.ts';
import { findJobsBy } from '../commands/operation/find-jobs.ts';
import type { Config } from '../config.ts';
import { createMembershipTable, type MembershipTable } from '../db/membership.ts';
import { createResolver, limitPerTenant } from '../dns/resolver.ts';
import { createSensitiveNames, type SensitiveNames } from '../domain/redaction/index.ts';
import type { TargetPolicy } from '../domain/targets/index.ts';
import { parseTargetPolicy } from '../domain/targets/index.ts';
import { createTargetCaller, type TargetCaller } from '../engine/call/index.ts';
import { livingEnginesOf } from '../engine/cluster/list-engines.ts';
import type { OpenQueries } from '../projections/queries/index.ts';
import type { Runtime } from '../runtime/runtime.ts';
import { awaitWithTimeout } from '../runtime/timeout.ts';
import { unscoped } from '../telemetry/log-scope.ts';
import type { Base } from './base.ts';
import { createCommandChecks } from './command-checks.ts';
import { type Core, createCore } from './core.ts';
import { createHealthIssues, type HealthIssues } from './health-issues.ts';
import type { ReaderMetrics } from './metrics/service-metrics.ts';
import type { OnStop } from './parts.ts';
import { openQueries, showReadModels } from './queries.ts';
import { openStorage, type Storage } from './storage.ts';

type ProcessCore = Core<ReturnType<ReturnType<typeof createCommandChecks>['tasksOf']>>;

/** What the roles of a process share: the stores, and what decides, reads and calls. */
export type Shared = Base &
  Storage & {
    /** What callers elsewhere reach the API by. */
    readonly publicUrl: string;
    readonly queries: OpenQueries;
    readonly core: ProcessCore;
    readonly caller: TargetCaller;
    readonly names: SensitiveNames;
    readonly jobClosures: JobClosures;
    readonly membership: MembershipTable;
    /** What readers of the log are measured with. */
    readonly readers: ReaderMetrics;
    readonly troubles: HealthIssues;
    /** Resolves to whether the read models show all that the log holds now; waits for that no longer than the limit. */
    readonly caughtUp: (limitMs: number) => Promise<boolean>;
  };

/** Ids that are not given back in time leave a gap. */
const GIVE_BACK_MS = 500;

/** Opens the stores, and builds what the roles of a process share. @param url where the process listens */
export const openShared = async (base: Base, url: string): Promise<Shared> => {
  const { config, metrics, measures, tracing, onStop, local, world } = base;
  const { showPool } = measures;
  // Connections and the queues before them work for all requests at once.
  const sharedWorld = { ...world, log: unscoped(world.log) };
  const storage = await openStorage({ ...base, world: sharedWorld, showPool });
  const { databaseUrl, pool, home } = storage;
  const store = tracing.traceLog(measures.measureLog(storage.store));
  const queries = await openQueries({ databaseUrl, store, logId: home.logId, world: sharedWorld, onStop, showPool });
  showReadModels({ queries, metrics, world });

  const publicUrl = config.http.publicUrl ?? url;
  const policy = parseTargetPolicy({
    allowedTargets: config.targets.allowed.join(','),
    listedOnly: config.targets.listedOnly,
    ports: config.targets.ports?.join(','),
    internalHosts: config.targets.internalHosts.join(','),
    publicUrl,
  });
  const names = createSensitiveNames(config.sensitiveNames);
  const checks = createCommandChecks({ ...base, store, queries, policy, names });
  const jobClosures = jobClosuresOf({ store, queries, ...world });
  const findJobs = findJobsBy({ store, queries, ...world });
  const membership = createMembershipTable(pool);
  const livingEngines = livingEnginesOf({ membership, store, clock: world.clock });
  const { tracer } = tracing;
  const core = createCore({
    home,
    store,
    world,
    ring: base.ring,
    jobClosures,
    findJobs,
    livingEngines,
    tracer,
    ...checks,
  });
  const caller = createCaller({ ...base, policy, names });
  onStop(async () => {
    await awaitWithTimeout(local.timers, GIVE_BACK_MS, core.giveIdsBack());
  });
  return {
    ...base,
    ...storage,
    store,
    queries,
    core,
    caller,
    names,
    jobClosures,
    membership,
    publicUrl,
    readers: measures.readersOf(store),
    troubles: createHealthIssues(world),
    caughtUp: (limitMs) => awaitReadModels({ store, queries }, limitMs),
  };
};

/** Limits of DNS look-ups for calls: for one query, and how many of one tenant may run at once. */
const LOOKUP_MS = 3_000;
const TENANT_LOOKUPS = 64;

type CallerDeps = {
  readonly config: Pick<Config, 'engine' | 'quotas' | 'targets'>;
  readonly version: string;
  readonly world: Runtime;
  /** Has the clock of this machine, by which answers of DNS are kept. */
  readonly local: Pick<Runtime, 'clock'>;
  readonly policy: TargetPolicy;
  readonly names: SensitiveNames;
  readonly onStop: OnStop;
};

/** Builds what looks a target up and sends it a request. */
const createCaller = (deps: CallerDeps): TargetCaller => {
  const { config, version, world, local, policy, names, onStop } = deps;
  const resolver = createResolver({ clock: local.clock, timeoutMs: LOOKUP_MS });
  onStop(async () => resolver.close());
  const caller = createTargetCaller({
    policy,
    resolveFor: limitPerTenant(resolver.resolve, TENANT_LOOKUPS),
    world,
    names,
    egressProxy: config.targets.egressProxy,
    userAgent: `Carillon/${version}`,
    connectionsPerTarget: config.engine.targetConcurrency,
  });
  onStop(() => caller.close());
  return caller;
};
