import { createCommands } from '../commands/index.ts';
import type { PreviewEdge } from '../commands/jobs/preview-edge.ts';
import type { TaskEdge } from '../commands/jobs/task-edge.ts';
import { createIds } from '../commands/loop/ids.ts';
import type { Commands } from '../commands/port.ts';
import type { Config } from '../config.ts';
import { createResolver } from '../dns/resolver.ts';
import { limitPerTenant } from '../dns/tenant-shares.ts';
import { resolveWithin } from '../dns/within.ts';
import { admitJob } from '../domain/quotas.ts';
import type { SensitiveNames } from '../domain/redaction/index.ts';
import type { TargetPolicy } from '../domain/targets/index.ts';
import type { Lanes } from '../event-store/lanes.ts';
import type { EventStore } from '../event-store/port.ts';
import type { Queries } from '../projections/queries/port.ts';
import type { Sealer } from '../secrets/sealer.ts';
import type { Clock, World } from '../world.ts';
import type { OnStop } from './parts.ts';
import { createTaskEdge } from './task-edge.ts';

/** Limits of DNS look-ups for checks: for a whole target, for one query, and how many of one tenant may run at once. */
const TARGET_MS = 2_000;
const LOOKUP_MS = 1_000;
const TENANT_LOOKUPS = 16;

type CommandsDeps = {
  readonly config: Pick<Config, 'quotas' | 'targets'>;
  readonly eventLog: { readonly store: EventStore; readonly lanes: Lanes; readonly world: World };
  /** The clock of this machine, by which answers of DNS are kept. */
  readonly localClock: Clock;
  readonly queries: Pick<Queries, 'listJobs'>;
  readonly policy: TargetPolicy;
  readonly names: SensitiveNames;
  readonly sealer: Sealer;
  readonly onStop: OnStop;
};

type BuiltCommands = {
  readonly commands: Commands;
  readonly tasks: TaskEdge & PreviewEdge;
  /** The engine takes its ids from the same blocks as the command that triggers a job. */
  readonly executionIds: ReturnType<typeof createIds>;
};

/** Builds the commands and their checks of tasks. Checks have a resolver of their own, so that they never delay calls. */
export const buildCommands = (deps: CommandsDeps): BuiltCommands => {
  const { config, eventLog, localClock, queries, policy, names, sealer, onStop } = deps;
  const { quotas, targets } = config;
  const resolver = createResolver({ clock: localClock, timeoutMs: LOOKUP_MS });
  onStop(async () => resolver.close());
  const resolveFor = limitPerTenant(resolver.resolve, quotas.lookUps ?? TENANT_LOOKUPS);
  const tasks = createTaskEdge({
    policy,
    resolveFor: resolveWithin(eventLog.world.timers, TARGET_MS, resolveFor),
    sealer,
    names,
    maxTimeoutMs: targets.maxTimeoutMs,
  });
  const executionIds = createIds(eventLog, 'executions');
  const commands = createCommands({
    ...eventLog,
    admitJob: async (tenant) => {
      if (quotas.jobs === undefined) return;
      const { total = 0 } = await queries.listJobs({ tenant }, {}, { limit: 1 });
      admitJob(total, quotas);
    },
    jobIds: createIds(eventLog, 'jobs'),
    applicationIds: createIds(eventLog, 'applications'),
    executionIds,
    tasks,
    secrets: {
      ...sealer,
      seal: async ({ tenant, applicationId, name }, clear) =>
        (await sealer.freshKeysOf(tenant, applicationId)).seal(clear, { kind: 'secret', name }),
    },
  });
  return { commands, tasks, executionIds };
};
