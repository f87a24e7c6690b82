import { jobClosuresOf } from '../commands/job-closures.ts';
import { awaitReadModels, findJobsBy, hasRoomIn, jobUsesOf, slotHistoriesOf } from '../commands/read-models.ts';
import { createResourceQuotas, resourceCounts } from '../commands/resource-quotas.ts';
import { createAdmitTenant } from '../commands/tenant.ts';
import { createMembershipTable, type MembershipTable } from '../db/membership.ts';
import { openReaders } from '../db/readers.ts';
import { createSensitiveNames, type SensitiveNames } from '../domain/redaction/index.ts';
import type { TargetCaller } from '../engine/call/index.ts';
import { livingEnginesOf } from '../engine/cluster/list-engines.ts';
import { selectedLogKind } from '../event-store/log-kinds.ts';
import { createRequestQuotas, type RequestQuotas } from '../http/callers/quotas.ts';
import { createQueries, type OpenQueries } from '../projections/queries/index.ts';
import { awaitWithTimeout } from '../runtime/timeout.ts';
import { createKeyRing, type KeyRing } from '../secrets/key-ring.ts';
import { createTaskSealing } from '../secrets/task-secrets.ts';
import { unscoped } from '../telemetry/log-scope.ts';
import { createNotices, type Notices } from '../telemetry/notices.ts';
import { type Core, createCore, withCommonTime } from './core.ts';
import { createHealthIssues, type HealthIssues } from './health-issues.ts';
import { createServiceMetrics, type ReaderMetrics, type ServiceMetrics, useOfPool } from './metrics/service-metrics.ts';
import { type DevelopmentSecrets, developmentSecrets } from './own-files.ts';
import type { OnStop, ProcessStart, ServiceOptions } from './start.ts';
import { createStartWait, type StartWait } from './start-wait.ts';
import { openStorage, type Storage } from './storage.ts';
import { openTargets } from './targets.ts';
import { openTracer, type Tracing } from './tracing.ts';

/** What the parts of a process share before it has reached Postgres and the log. */
export type Base = ProcessStart & {
  /** Secrets that development mode makes up; undefined in production. */
  readonly madeUp: DevelopmentSecrets | undefined;
  readonly ring: KeyRing;
  readonly quotas: RequestQuotas;
  readonly notices: Notices;
  readonly measures: ServiceMetrics;
  readonly tracing: Tracing;
  readonly startWait: StartWait;
};

/** What the roles of a process share: the stores, and what decides, reads and calls. */
export type Shared = Base &
  Storage & {
    /** What callers elsewhere reach the API by. */
    readonly publicUrl: string;
    readonly queries: OpenQueries;
    readonly core: Core;
    readonly caller: TargetCaller;
    readonly names: SensitiveNames;
    readonly membership: MembershipTable;
    /** What readers of the log are measured with. */
    readonly readers: ReaderMetrics;
    readonly troubles: HealthIssues;
    /** Resolves to whether the read models show all that the log holds now; waits for that no longer than the limit. */
    readonly caughtUp: (limitMs: number) => Promise<boolean>;
  };

/** Builds what needs neither Postgres nor the log. */
export const openBase = async (options: ServiceOptions, onStop: OnStop): Promise<Base> => {
  const { config, metrics, world: local } = options;
  const world = withCommonTime(local);
  const logKind = selectedLogKind(config.eventStore.url, options.logKinds);
  const logAdapter = await logKind.load();
  if (config.eventStore.url !== undefined) logAdapter.checkUrl(config.eventStore.url);
  const start = { ...options, local, world, onStop, logKind, logAdapter };
  const madeUp = config.mode === 'development' ? await developmentSecrets(config.dataDir, world.random) : undefined;
  return {
    ...start,
    madeUp,
    ring: createKeyRing(config.secretKeys ?? madeUp?.secretKeys ?? ''),
    quotas: createRequestQuotas({ quotas: config.quotas, clock: world.clock }),
    notices: createNotices(local, metrics),
    measures: createServiceMetrics(start),
    tracing: await openTracer(start),
    startWait: createStartWait(local),
  };
};

/** Ids that are not given back in time leave a gap. */
const GIVE_BACK_MS = 500;

/** Opens the stores, and builds what the roles of a process share. @param url where the process listens */
export const openShared = async (base: Base, url: string): Promise<Shared> => {
  const { config, measures, tracing, onStop, local, world } = base;
  // Connections and the queues before them work for all requests at once.
  const unscopedBase = { ...base, world: { ...world, log: unscoped(world.log) } };
  const opened = await openStorage(unscopedBase);
  const storage = { ...opened, store: tracing.traceLog(measures.measureLog(opened.store)) };
  const { store, pool, home } = storage;
  const queries = openQueries(unscopedBase, storage);

  const publicUrl = config.http.publicUrl ?? url;
  const names = createSensitiveNames(config.sensitiveNames);
  const { caller, taskChecks, alerts } = openTargets(base, { publicUrl, names });
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
    uses: jobUsesOf(read),
    slotHistories: slotHistoriesOf(read),
    jobClosures: jobClosuresOf(read),
    findJobs: findJobsBy(read),
    hasRoom: hasRoomIn(read),
    livingEngines: livingEnginesOf({ membership, store, clock: world.clock }),
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
    publicUrl,
    readers: measures.readersOf(store),
    troubles: createHealthIssues(world),
    caughtUp: (limitMs) => awaitReadModels(read, limitMs),
  };
};

/** Opens the queries, and the pools that they read by. */
const openQueries = ({ measures, world, onStop }: Base, storage: Storage): OpenQueries => {
  const readers = openReaders({
    url: storage.databaseUrl,
    world,
    opened: (name, pool) => {
      onStop(() => pool.close());
      measures.showPool(name, () => useOfPool(pool));
    },
  });
  const queries = createQueries({ ...storage, readers, world });
  onStop(() => queries.close());
  return queries;
};
