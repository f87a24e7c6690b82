import { recordHook } from '../commands/execution/record-hook.ts';
import type { EventLog } from '../commands/loop/handle-command.ts';
import { loadApplicationState, loadJob, loadRuns } from '../commands/loop/load.ts';
import { presentApplication } from '../domain/application.ts';
import { type AttemptOutcome, afterAttempt } from '../domain/delivery.ts';
import type { Application, DeliveryProgress, Hook, JobDefinition } from '../domain/events/index.ts';
import { HOOK_GIVE_UP_MS, type HookName, hookNamed } from '../domain/execution/hook.ts';
import { boundOrigin } from '../domain/targets/index.ts';
import { type Tenant, toMs } from '../domain/values.ts';
import { StreamParked } from '../event-store/errors.ts';
import type { Queries } from '../projections/queries/index.ts';
import type { ExecutionView } from '../projections/queries/records/executions.ts';
import type { DueHook } from '../projections/queries/records/hooks.ts';
import { createFairSemaphore, type FairSemaphore } from '../runtime/fair-semaphore.ts';
import { createWorkRunner, type Leases, type WorkRunner, type WorkTurn } from '../runtime/leased-work.ts';
import { createOutageLog, retryUntilDone } from '../runtime/outage.ts';

/** The call that tells of the end of an execution. */
export type OutgoingHook = {
  readonly name: HookName;
  readonly hook: Hook;
  readonly definition: JobDefinition;
  readonly application: Application;
  readonly execution: ExecutionView;
};

/** What calling hooks takes from the rest of the process. */
export type HookPorts = {
  readonly queries: Pick<Queries, 'tenantsWithDueHooks' | 'dueHooks' | 'getExecution'>;
  /** Resolves to whether the read models show all that the log holds now; waits for that, but not for long. */
  readonly caughtUp: () => Promise<boolean>;
  /** Whether this log is one that calls are made from, and no restored copy. */
  readonly mayCall: () => Promise<boolean>;
  readonly leases: Leases;
  /** Makes the call once. Never rejects. @returns undefined where the signal aborted: nobody knows what became of it */
  readonly call: (outgoing: OutgoingHook, signal: AbortSignal) => Promise<AttemptOutcome | undefined>;
  /** Called after each attempt. */
  readonly attempted: (name: HookName, outcome: DeliveryProgress['status']) => void;
};

type HookDeps = EventLog & Omit<HookPorts, 'leases'> & { readonly calls: FairSemaphore };

/** Tenants whose hooks are called at once; more have turns. */
const MAX_TENANTS = 64;
/** Calls at once: of all tenants, who share these places fairly, and to one target. */
const MAX_CALLS = 512;
const MAX_CALLS_PER_TARGET = 24;
/** Due hooks of a tenant that are read at once. */
const PAGE = 200;
/** How often hooks that are due by now join those of a turn. */
const POLL_INTERVAL_MS = 1_000;

/**
 * Calls the hooks of executions that have ended, those of a tenant in one process. The outcome of the execution says that
 * it has one; each attempt is recorded after it, so where a process dies between the two, the next one makes that attempt
 * again, under the same `Idempotency-Key`.
 */
export const createHookCaller = (ports: EventLog & HookPorts): WorkRunner => {
  const { clock } = ports.world;
  const calls = createFairSemaphore({ count: MAX_CALLS, countPerTarget: MAX_CALLS_PER_TARGET, clock });
  const deps = { ...ports, calls };
  return createWorkRunner(deps, {
    name: 'hooks',
    most: MAX_TENANTS,
    find: async (limit) => {
      const tenants = await deps.queries.tenantsWithDueHooks(limit);
      return tenants.length > 0 && (await deps.mayCall()) ? tenants : [];
    },
    leaseOf: (tenant) => `hooks of ${tenant}`,
    tenantOf: (tenant) => tenant,
    fieldsOf: (tenant) => ({ tenant }),
    carryOut: (tenant, turn) => callHooks(deps, tenant, turn),
  });
};

/**
 * Calls the hooks of a tenant that are due, and those that become due until all are called or the turn is over. So a
 * hook does not wait for the calls of others that hang.
 */
const callHooks = async (deps: HookDeps, tenant: Tenant, turn: WorkTurn): Promise<void> => {
  const requestInProgress = new Map<number, Promise<void>>();
  const ended = new Set<number>();
  const failures: unknown[] = [];
  try {
    do {
      // What ended before the read models caught up is no longer due there. What ends later still counts as under way.
      for (const executionId of ended) requestInProgress.delete(executionId);
      ended.clear();
      if (!(await deps.caughtUp())) throw new Error('the read models do not show yet which hooks were called');
      for (const due of await deps.queries.dueHooks(tenant, PAGE)) {
        const { executionId } = due;
        if (requestInProgress.has(executionId)) continue;
        const called = callHook(deps, { tenant, ...due }, turn)
          .catch((error: unknown) => void failures.push(error))
          .then(() => void ended.add(executionId));
        requestInProgress.set(executionId, called);
      }
      const looksAgain = deps.world.timers.sleep(POLL_INTERVAL_MS, turn.signal, 'look');
      await Promise.race([Promise.all(requestInProgress.values()), looksAgain]);
    } while (ended.size < requestInProgress.size && failures.length === 0 && mayBegin(turn));
  } finally {
    await Promise.all(requestInProgress.values());
  }
  if (failures.length > 0) throw failures[0];
};

/** Whether further calls may begin in a turn. */
const mayBegin = ({ signal, isOver }: WorkTurn): boolean => !signal.aborted && !isOver();

const callHook = async (deps: HookDeps, due: DueHook & { readonly tenant: Tenant }, turn: WorkTurn): Promise<void> => {
  try {
    // Of a stream that cannot be read, nothing could be recorded: it would be called again and again.
    await loadRuns(deps.store, due.jobId);
    const current = await currentHookOf(deps, due);
    const target = current === undefined ? '' : boundOrigin(current.hook);
    await deps.calls.run({ tenant: due.tenant, target }, () => callCurrent(deps, { due, current }, turn));
  } catch (error) {
    // Nobody acts on a parked stream; it is reported elsewhere.
    if (!(error instanceof StreamParked)) throw error;
  }
};

type CurrentHook = Pick<OutgoingHook, 'hook' | 'definition' | 'application'>;

/** Calls a hook and records the attempt; gives up a hook that its job does not have any more. */
const callCurrent = async (
  deps: HookDeps,
  { due, current }: { readonly due: DueHook & { readonly tenant: Tenant }; readonly current: CurrentHook | undefined },
  turn: WorkTurn,
): Promise<void> => {
  if (!mayBegin(turn)) return;
  const { world, attempted } = deps;
  const { signal } = turn;
  const { tenant, executionId, name, plannedAt } = due;
  const execution = await deps.queries.getExecution({ tenant }, executionId);
  if (execution === undefined) return;
  const outcome = current && (await deps.call({ name, execution, ...current }, signal));
  if (current !== undefined && outcome === undefined) return;
  const nowMs = world.clock.now();
  const progress: DeliveryProgress =
    outcome === undefined
      ? { status: 'abandoned', attempts: due.attempts, error: REMOVED }
      : afterAttempt(due, { outcome, nowMs, untilMs: toMs(plannedAt) + HOOK_GIVE_UP_MS });
  const outages = createOutageLog(world.log, 'hooks: records of calls', { tenant });
  await retryUntilDone({ world, outages, signal }, () =>
    recordHook(deps)({ tenant, ...recordedOf(execution) }, { name, plannedAt, ...progress }),
  );
  attempted(name, progress.status);
};

const REMOVED = { code: 'HOOK_REMOVED', message: 'the job and its application have no such hook any more' };

/** The hook as it is now; undefined if the job does not have it any more. */
const currentHookOf = async (
  { store }: HookDeps,
  { jobId, name }: Pick<DueHook, 'jobId' | 'name'>,
): Promise<CurrentHook | undefined> => {
  const { state: job } = await loadJob(store, jobId);
  if (job.status === 'absent') return undefined;
  // A job that was deleted meanwhile, as its schedule is completed, still has its hook.
  const { definition } = job;
  const { state } = await loadApplicationState(store, definition.applicationId);
  const application = presentApplication(state);
  if (application === undefined) return undefined;
  const hook = hookNamed(name, { own: definition, defaults: application });
  return hook && { hook, definition, application };
};

const recordedOf = (execution: ExecutionView) => {
  const { id: executionId, jobId, applicationId, trigger, scheduledAt, createdAt } = execution;
  const { createdBy, labels, rerunOf, backfillId } = execution;
  return {
    executionId,
    jobId,
    applicationId,
    trigger,
    scheduledAt,
    createdAt,
    ...(createdBy === undefined ? {} : { createdBy }),
    ...(labels === undefined ? {} : { labels }),
    ...(rerunOf === undefined ? {} : { rerunOf }),
    ...(backfillId === undefined ? {} : { backfillId }),
  };
};
