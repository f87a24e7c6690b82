import { recordHook } from '../commands/execution/record-hook.ts';
import type { EventLog } from '../commands/loop/handle-command.ts';
import { loadApplicationState, loadJob, loadRuns } from '../commands/loop/load.ts';
import { presentApplication } from '../domain/application.ts';
import { type AttemptOutcome, afterAttempt } from '../domain/delivery.ts';
import type { Application, DeliveryProgress, Hook, JobDefinition } from '../domain/events/index.ts';
import { HOOK_GIVE_UP_MS, type HookName, hookNamed } from '../domain/execution/hook.ts';
import { type Tenant, toMs } from '../domain/values.ts';
import { StreamParked } from '../event-store/errors.ts';
import type { Queries } from '../projections/queries/index.ts';
import type { ExecutionView } from '../projections/queries/records/executions.ts';
import type { DueHook } from '../projections/queries/records/hooks.ts';
import { createWorkRunner, type Leases, type WorkRunner } from '../runtime/leased-work.ts';
import { createOutageLog, untilDone } from '../runtime/outage.ts';
import { createSemaphore } from '../runtime/semaphore.ts';

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

type HookDeps = EventLog & Omit<HookPorts, 'leases'>;

const MOST_TENANTS = 8;
/** So many hooks of a tenant are called in a round, and so many at once, however slow those are that take them. */
const PAGE = 200;
const AT_ONCE = 16;

/**
 * Calls the hooks of executions that have ended, those of a tenant in one process. The outcome of the execution says that
 * it has one; each attempt is recorded after it, so where a process dies between the two, the next one makes that attempt
 * again, under the same `Idempotency-Key`.
 */
export const createHookCaller = (deps: HookDeps & Pick<HookPorts, 'leases'>): WorkRunner =>
  createWorkRunner(deps, {
    name: 'hooks',
    most: MOST_TENANTS,
    find: async (limit) => {
      const tenants = await deps.queries.tenantsWithDueHooks(limit);
      return tenants.length > 0 && (await deps.mayCall()) ? tenants : [];
    },
    leaseOf: (tenant) => `hooks of ${tenant}`,
    fieldsOf: (tenant) => ({ tenant }),
    carryOut: (tenant, signal) => callHooks(deps, tenant, signal),
  });

/** Calls those that are due. What was recorded before is shown by then: none is called twice but after a crash. */
const callHooks = async (deps: HookDeps, tenant: Tenant, signal: AbortSignal): Promise<void> => {
  if (!(await deps.caughtUp())) throw new Error('the read models do not show yet which hooks were called');
  const due = await deps.queries.dueHooks(tenant, PAGE);
  const places = createSemaphore(AT_ONCE);
  const called = await Promise.allSettled(
    due.map((each) => places.run(() => callHook(deps, { tenant, ...each }, signal))),
  );
  const failure = called.find((each) => each.status === 'rejected');
  if (failure !== undefined) throw failure.reason;
};

const callHook = async (
  deps: HookDeps,
  due: DueHook & { readonly tenant: Tenant },
  signal: AbortSignal,
): Promise<void> => {
  if (signal.aborted) return;
  const { world, attempted } = deps;
  const { tenant, jobId, executionId, name, plannedAt } = due;
  try {
    // Of a stream that cannot be read, nothing could be recorded: it would be called again and again.
    await loadRuns(deps.store, jobId);
    const execution = await deps.queries.getExecution({ tenant }, executionId);
    if (execution === undefined) return;
    const outgoing = await outgoingOf(deps, { name, execution });
    const outcome = outgoing && (await deps.call(outgoing, signal));
    if (outgoing !== undefined && outcome === undefined) return;
    const nowMs = world.clock.now();
    const progress: DeliveryProgress =
      outcome === undefined
        ? { status: 'givenUp', attempts: due.attempts, error: REMOVED }
        : afterAttempt(due, { outcome, nowMs, untilMs: toMs(plannedAt) + HOOK_GIVE_UP_MS });
    const outages = createOutageLog(world.log, 'hooks: records of calls', { tenant });
    await untilDone({ world, outages, signal }, () =>
      recordHook(deps)({ tenant, ...recordedOf(execution) }, { name, plannedAt, ...progress }),
    );
    attempted(name, progress.status);
  } catch (error) {
    // Nobody acts on a parked stream; it is reported elsewhere.
    if (!(error instanceof StreamParked)) throw error;
  }
};

const REMOVED = { code: 'HOOK_REMOVED', message: 'the job and its application have no such hook any more' };

/** The call that is to be made; undefined where the job has no such hook any more. */
const outgoingOf = async (
  { store }: HookDeps,
  { name, execution }: Pick<OutgoingHook, 'name' | 'execution'>,
): Promise<OutgoingHook | undefined> => {
  const [{ state: job }, { state }] = await Promise.all([
    loadJob(store, execution.jobId),
    loadApplicationState(store, execution.applicationId),
  ]);
  const application = presentApplication(state);
  if (job.status === 'absent' || application === undefined) return undefined;
  // A job that was deleted meanwhile, as its schedule is completed, still has its hook.
  const { definition } = job;
  const hook = hookNamed(name, { own: definition, defaults: application });
  return hook && { name, hook, definition, application, execution };
};

const recordedOf = (execution: ExecutionView) => {
  const { id: executionId, jobId, applicationId, trigger, scheduledAt, createdAt } = execution;
  const { createdBy, labels, rerunOf, backfillId } = execution;
  return {
    ...{ executionId, jobId, applicationId, trigger, scheduledAt, createdAt },
    ...(createdBy === undefined ? {} : { createdBy }),
    ...(labels === undefined ? {} : { labels }),
    ...(rerunOf === undefined ? {} : { rerunOf }),
    ...(backfillId === undefined ? {} : { backfillId }),
  };
};
