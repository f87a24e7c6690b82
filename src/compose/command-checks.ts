import { createAlertRulePorts } from '../commands/alert-rule/alert-rule-ports.ts';
import { createTaskChecks } from '../commands/job/check-task.ts';
import { jobUsesOf } from '../commands/job-uses.ts';
import { createResourceQuotas, resourceCounts } from '../commands/resource-quotas.ts';
import { slotHistoriesOf } from '../commands/slot-histories.ts';
import { createAdmitTenant } from '../commands/tenant.ts';
import type { Config } from '../config.ts';
import { createResolver, limitPerTenant, resolveWithin } from '../dns/resolver.ts';
import type { SensitiveNames } from '../domain/redaction/index.ts';
import type { TargetPolicy } from '../domain/targets/index.ts';
import type { EventStore } from '../event-store/port.ts';
import type { Queries } from '../projections/queries/index.ts';
import type { Runtime } from '../runtime/runtime.ts';
import type { Sealer } from '../secrets/sealer.ts';
import { createTaskSealing } from '../secrets/task-secrets.ts';
import type { OnStop } from './parts.ts';

/** Limits of DNS look-ups for checks: for a whole target, for one query, and how many of one tenant may run at once. */
const TARGET_MS = 2_000;
const LOOKUP_MS = 1_000;
const TENANT_LOOKUPS = 16;

type CheckDeps = {
  readonly config: Pick<Config, 'quotas' | 'targets' | 'alerts'>;
  readonly world: Pick<Runtime, 'timers'>;
  /** Has the clock of this machine, by which answers of DNS are kept. */
  readonly local: Pick<Runtime, 'clock'>;
  readonly store: Pick<EventStore, 'end' | 'readLast'>;
  readonly queries: Queries;
  readonly policy: TargetPolicy;
  readonly names: SensitiveNames;
  readonly onStop: OnStop;
};

/** Builds what commands ask of the world outside. It has a resolver of its own, so that checks never delay calls. */
export const createCommandChecks = (deps: CheckDeps) => {
  const { config, local, store, queries, policy, names, onStop } = deps;
  const { quotas, targets } = config;
  const { timers } = deps.world;
  const { clock } = local;
  const resolver = createResolver({ clock, timeoutMs: LOOKUP_MS });
  onStop(async () => resolver.close());
  const shares = limitPerTenant(resolver.resolve, TENANT_LOOKUPS);
  const resolveFor = resolveWithin(timers, TARGET_MS, shares);
  return {
    tasksOf: (sealer: Sealer) => ({
      ...createTaskChecks({ policy, resolveFor, names, maxTimeoutMs: targets.maxTimeoutMs }),
      ...createTaskSealing({ sealer, names }),
    }),
    holdings: createResourceQuotas(resourceCounts({ timers, store, queries }), quotas),
    admitTenant: createAdmitTenant({ store, clock }),
    uses: jobUsesOf({ store, queries }),
    alerts: createAlertRulePorts({ config: config.alerts, policy, resolveFor }),
    slotHistories: slotHistoriesOf({ store, queries }),
  };
};
