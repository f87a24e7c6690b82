import type { Config } from '../config.ts';
import { createResolver } from '../dns/resolver.ts';
import { limitPerTenant } from '../dns/tenant-shares.ts';
import type { SensitiveNames } from '../domain/redaction/index.ts';
import type { TargetPolicy } from '../domain/targets/index.ts';
import { createTargetCaller, type TargetCaller } from '../engine/call/index.ts';
import type { RunTask } from '../engine/run/execute.ts';
import type { Clock, World } from '../runtime/world.ts';
import type { Notices } from '../telemetry/notices.ts';
import type { OnStop } from './parts.ts';

/** Limits of DNS look-ups for calls: for one query, and how many of one tenant may run at once. */
const LOOKUP_MS = 3_000;
const TENANT_LOOKUPS = 64;

type CallerDeps = {
  readonly config: Pick<Config, 'engine' | 'quotas' | 'targets'>;
  readonly version: string;
  readonly world: World;
  /** The clock of this machine, by which answers of DNS are kept. */
  readonly localClock: Clock;
  readonly policy: TargetPolicy;
  readonly names: SensitiveNames;
  readonly onStop: OnStop;
};

/** Builds what looks a target up and sends it a request. */
export const createCaller = (deps: CallerDeps): TargetCaller => {
  const { config, version, world, localClock, policy, names, onStop } = deps;
  const resolver = createResolver({ clock: localClock, timeoutMs: LOOKUP_MS });
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

/** Joins what watches calls: the first is nearest to the call. */
export const watchCalls =
  (watchers: readonly ((runTask: RunTask) => RunTask)[]) =>
  (runTask: RunTask): RunTask =>
    watchers.reduce((inner, watch) => watch(inner), runTask);

/** Makes what gives notice of each call that the target policy blocked. */
export const noticeBlocked =
  (notices: Pick<Notices, 'refused'>) =>
  (runTask: RunTask): RunTask =>
  async (task) => {
    const outcome = await runTask(task);
    if (outcome !== 'withheld' && outcome.kind === 'failed' && outcome.error.code === 'TARGET_BLOCKED') {
      const { executionId, jobId } = task.claim;
      const { tenant, updatedBy } = task.definition;
      notices.refused({ code: 'TARGET_BLOCKED', actor: updatedBy, tenant, jobId, executionId });
    }
    return outcome;
  };
