import type { AlertEdge } from '../commands/alerts/alert-edge.ts';
import type { SlotHistories } from '../commands/backfills/slot-histories.ts';
import { createHoldings, type Holdings } from '../commands/holdings.ts';
import type { JobUses } from '../commands/job-uses.ts';
import type { PreviewEdge } from '../commands/jobs/preview-edge.ts';
import type { TaskEdge } from '../commands/jobs/task-edge.ts';
import type { Config } from '../config.ts';
import { createResolver } from '../dns/resolver.ts';
import { limitPerTenant } from '../dns/tenant-shares.ts';
import { resolveWithin } from '../dns/within.ts';
import type { SensitiveNames } from '../domain/redaction/index.ts';
import { Refusal } from '../domain/refusal.ts';
import type { TargetPolicy } from '../domain/targets/index.ts';
import type { Tenant } from '../domain/values.ts';
import type { EventStore } from '../event-store/port.ts';
import type { Queries } from '../projections/queries/index.ts';
import type { Sealer } from '../secrets/sealer.ts';
import type { Clock, Timers } from '../world.ts';
import { createAdmitTenant } from './admit-tenant.ts';
import { createAlertEdge } from './alert-edge.ts';
import { caughtUpWith } from './caught-up.ts';
import { holdingCounts } from './holding-counts.ts';
import type { OnStop } from './parts.ts';
import { createTaskEdge } from './task-edge.ts';

/** Limits of DNS look-ups for checks: for a whole target, for one query, and how many of one tenant may run at once. */
const TARGET_MS = 2_000;
const LOOKUP_MS = 1_000;
const TENANT_LOOKUPS = 16;

type CheckDeps = {
  readonly config: Pick<Config, 'quotas' | 'targets' | 'alerts'>;
  readonly timers: Timers;
  /** The clock of this machine, by which answers of DNS are kept. */
  readonly localClock: Clock;
  readonly store: Pick<EventStore, 'end' | 'readLast'>;
  readonly queries: Pick<
    Queries,
    | 'listCalendars'
    | 'listJobs'
    | 'listPauses'
    | 'jobsWithCalendar'
    | 'jobsWithLimit'
    | 'jobsOfApplication'
    | 'openExecutionsOf'
    | 'pausesOfApplication'
    | 'slotHistory'
    | 'countAlertRules'
    | 'awaitPosition'
  >;
  readonly policy: TargetPolicy;
  readonly names: SensitiveNames;
  readonly onStop: OnStop;
};

type CommandChecks = {
  readonly tasksOf: (sealer: Sealer) => TaskEdge & PreviewEdge;
  readonly holdings: Holdings;
  readonly admitTenant: (tenant: Tenant) => Promise<void>;
  readonly uses: JobUses;
  readonly alerts: AlertEdge;
  readonly slotHistories: SlotHistories;
};

/** Builds what commands ask of the world outside. It has a resolver of its own, so that checks never delay calls. */
export const createCommandChecks = (deps: CheckDeps): CommandChecks => {
  const { config, timers, localClock, store, queries, policy, names, onStop } = deps;
  const { quotas, targets } = config;
  const resolver = createResolver({ clock: localClock, timeoutMs: LOOKUP_MS });
  onStop(async () => resolver.close());
  const shares = limitPerTenant(resolver.resolve, TENANT_LOOKUPS);
  const resolveFor = resolveWithin(timers, TARGET_MS, shares);
  return {
    tasksOf: (sealer) =>
      createTaskEdge({
        policy,
        resolveFor,
        sealer,
        names,
        maxTimeoutMs: targets.maxTimeoutMs,
      }),
    holdings: createHoldings(holdingCounts({ timers, store, queries }), quotas),
    admitTenant: createAdmitTenant({ store, clock: localClock }),
    uses: jobUsesOf(store, queries),
    alerts: createAlertEdge({ config: config.alerts, policy, resolveFor }),
    slotHistories: slotHistoriesOf(store, queries),
  };
};

/** How long the read models may take to show what the log has. */
const CATCH_UP_MS = 2_000;

const slotHistoriesOf =
  (store: CheckDeps['store'], queries: CheckDeps['queries']): SlotHistories =>
  async ({ tenant, jobId }, slotsMs) => {
    if (await caughtUpWith({ store, queries }, CATCH_UP_MS)) return queries.slotHistory({ tenant }, jobId, slotsMs);
    throw new Refusal('READ_MODELS_BEHIND', 'the read models do not show yet which slots were called: try again');
  };

const jobUsesOf = (store: CheckDeps['store'], queries: CheckDeps['queries']): JobUses => {
  const caughtUp = () => caughtUpWith({ store, queries }, CATCH_UP_MS);
  return {
    ofCalendar: async (tenant, name) => {
      await caughtUp();
      return queries.jobsWithCalendar({ tenant }, name);
    },
    ofLimit: async ({ tenant, ...limit }) => {
      await caughtUp();
      return queries.jobsWithLimit({ tenant }, limit);
    },
    ofApplication: async ({ tenant, applicationId }) => {
      if (!(await caughtUp())) {
        throw new Refusal('READ_MODELS_BEHIND', 'the read models do not show yet which jobs there are: try again');
      }
      const [jobs, executions] = await Promise.all([
        queries.jobsOfApplication({ tenant }, applicationId),
        queries.openExecutionsOf({ tenant }, applicationId),
      ]);
      return { jobs, executions };
    },
    pausesOf: async ({ tenant, applicationId }) => {
      await caughtUp();
      return queries.pausesOfApplication({ tenant }, applicationId);
    },
  };
};
