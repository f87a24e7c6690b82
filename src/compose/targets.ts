import { createAlertRulePorts } from '../commands/alert-rule/alert-rule-ports.ts';
import { createTaskChecks } from '../commands/job/check-task.ts';
import { createResolver, limitPerTenant, resolveWithin } from '../dns/resolver.ts';
import type { SensitiveNames } from '../domain/redaction/index.ts';
import { parseTargetPolicy } from '../domain/targets/index.ts';
import { createTargetCaller, type TargetCaller } from '../engine/call/index.ts';
import type { ProcessStart } from './start.ts';

type TargetRules = {
  /** Base URL of the API for external callers; jobs do not use it. */
  readonly publicUrl: string;
  readonly names: SensitiveNames;
};

/** Limits of DNS lookups: time per query, and simultaneous lookups per tenant. */
const CALL_LOOKUPS = { timeoutMs: 3_000, perTenant: 64 };
const CHECK_LOOKUPS = { timeoutMs: 1_000, perTenant: 16 };
/** Time limit of the lookups for checking one target. */
const CHECK_MS = 2_000;

/** Creates what sends requests to targets, and what checks targets before they are recorded. Both follow the same policy. */
export const openTargets = (start: ProcessStart, { publicUrl, names }: TargetRules) => {
  const { config, version, world, onStop } = start;
  const { targets } = config;
  const policy = parseTargetPolicy({
    allowedTargets: targets.allowed.join(','),
    listedOnly: targets.listedOnly,
    ports: targets.ports?.join(','),
    internalHosts: targets.internalHosts.join(','),
    publicUrl,
  });
  // Checks have their own resolver, so that they never delay calls.
  const resolveFor = resolveWithin(world.timers, CHECK_MS, openResolver(start, CHECK_LOOKUPS));
  const caller: TargetCaller = createTargetCaller({
    policy,
    resolveFor: openResolver(start, CALL_LOOKUPS),
    world,
    names,
    egressProxy: targets.egressProxy,
    userAgent: `Carillon/${version}`,
    connectionsPerTarget: config.engine.targetConcurrency,
  });
  onStop(() => caller.close());
  return {
    caller,
    taskChecks: createTaskChecks({ policy, resolveFor, names, maxTimeoutMs: targets.maxTimeoutMs }),
    alerts: createAlertRulePorts({ config: config.alerts, policy, resolveFor }),
  };
};

/** Opens a resolver, which caches responses by this machine's clock. */
const openResolver = ({ local, onStop }: ProcessStart, { timeoutMs, perTenant }: typeof CALL_LOOKUPS) => {
  const resolver = createResolver({ clock: local.clock, timeoutMs });
  onStop(async () => resolver.close());
  return limitPerTenant(resolver.resolve, perTenant);
};
