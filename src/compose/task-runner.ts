import type { Config } from '../config.ts';
import { createResolver } from '../dns/resolver.ts';
import { limitPerTenant } from '../dns/tenant-shares.ts';
import type { SensitiveNames } from '../domain/redaction/index.ts';
import type { TargetPolicy } from '../domain/targets/index.ts';
import { createTargetCaller } from '../engine/call/index.ts';
import type { RunTask } from '../engine/run/execute.ts';
import { createRunTask } from '../engine/run/run-task.ts';
import { NO_KEYS, needsKeys } from '../secrets/needs-keys.ts';
import type { Sealer } from '../secrets/sealer.ts';
import { unsealTask } from '../secrets/unseal-task.ts';
import type { Notices } from '../telemetry/notices.ts';
import type { Clock, World } from '../world.ts';
import type { OnStop } from './parts.ts';

/** Limits of DNS look-ups for calls: for one query, and how many of one tenant may run at once. */
const LOOKUP_MS = 3_000;
const TENANT_LOOKUPS = 64;

type TaskRunnerDeps = {
  readonly config: Pick<Config, 'engine' | 'quotas' | 'targets'>;
  readonly version: string;
  readonly world: World;
  /** The clock of this machine, by which answers of DNS are kept. */
  readonly localClock: Clock;
  readonly policy: TargetPolicy;
  readonly names: SensitiveNames;
  readonly sealer: Sealer;
  readonly notices: Pick<Notices, 'refused'>;
  readonly onStop: OnStop;
};

/** Builds what makes a job's call: it looks the target up, opens the secrets and sends the request. */
export const createTaskRunner = (deps: TaskRunnerDeps): RunTask => {
  const { config, version, world, localClock, policy, names, sealer, notices, onStop } = deps;
  const resolver = createResolver({ clock: localClock, timeoutMs: LOOKUP_MS });
  onStop(async () => resolver.close());
  const caller = createTargetCaller({
    policy,
    resolveFor: limitPerTenant(resolver.resolve, config.quotas.lookUps ?? TENANT_LOOKUPS),
    world,
    names,
    userAgent: `Carillon/${version}`,
    connectionsPerTarget: config.engine.targetConcurrency,
  });
  onStop(() => caller.close());
  const runTask = createRunTask({
    world,
    caller,
    names,
    maxTimeoutMs: config.targets.maxTimeoutMs,
    openerOf: async (definition) => {
      const { tenant, applicationId } = definition;
      const keys = needsKeys(definition) ? await sealer.keysOf(tenant, applicationId) : NO_KEYS;
      return {
        task: (job) => unsealTask(job, keys),
        secret: (name, sealed) => keys.unseal(sealed, { kind: 'secret', name }),
        seal: (clear) => keys.seal(clear, { kind: 'result' }),
      };
    },
  });
  return noticingBlocked(runTask, notices);
};

/** Wraps a task runner to give notice of each call that the target policy blocked. */
const noticingBlocked =
  (runTask: RunTask, notices: Pick<Notices, 'refused'>): RunTask =>
  async (task) => {
    const outcome = await runTask(task);
    if (outcome !== 'withheld' && outcome.kind === 'failed' && outcome.error.code === 'TARGET_BLOCKED') {
      const { executionId, jobId } = task.claim;
      const { tenant, updatedBy } = task.definition;
      notices.refused({ code: 'TARGET_BLOCKED', actor: updatedBy, tenant, jobId, executionId });
    }
    return outcome;
  };
