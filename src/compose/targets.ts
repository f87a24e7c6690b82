import { createAlertRulePorts } from '../commands/alert-rule/alert-rule-ports.ts';
import { createTaskChecks } from '../commands/job/check-task.ts';
import { createResolver, limitPerTenant, resolveWithin } from '../dns/resolver.ts';
import { isAllowedTargetsEvent } from '../domain/events/index.ts';
import type { SensitiveNames } from '../domain/redaction/index.ts';
import { allowedTargetsStream } from '../domain/streams.ts';
import { evolveAllowedTargets } from '../domain/targets/allowed-targets.ts';
import { parseTargetEntries, parseTargetPolicy, type TargetPolicy } from '../domain/targets/index.ts';
import { createTargetCaller, type TargetCaller } from '../engine/call/index.ts';
import { StreamParked } from '../event-store/errors.ts';
import type { EventStore } from '../event-store/port.ts';
import { pollAfterDelay } from '../runtime/poll.ts';
import { createOutageLog } from '../runtime/retry.ts';
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
    /** Applies the list of allowed targets in the log, now and within a second of each change. */
    followAllowed: (store: EventStore) =>
      followAllowedTargets(start, store, (targets) => {
        allowed = targets === undefined ? settings.allowed : parseTargetEntries(targets);
      }),
  };
};

const POLL_INTERVAL_MS = 500;

/**
 * Passes on the targets that the log allows, `undefined` if the setting applies. If this version can't read the list, no
 * internal target is allowed.
 */
const followAllowedTargets = async (
  { world, onStop }: ProcessStart,
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
const openResolver = ({ local, onStop }: ProcessStart, { timeoutMs, perTenant }: typeof CALL_LOOKUPS) => {
  const resolver = createResolver({ clock: local.clock, timeoutMs });
  onStop(async () => resolver.close());
  return limitPerTenant(resolver.resolve, perTenant);
};
