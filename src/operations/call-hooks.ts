import { type EventLog, handleCommand } from '../commands/loop/handle-command.ts';
import { loadApplicationState, loadJob, loadRuns } from '../commands/loop/load.ts';
import { presentApplication } from '../domain/application.ts';
import { defined } from '../domain/defined.ts';
import { type AttemptOutcome, afterAttempt } from '../domain/delivery.ts';
import {
  type Application,
  CARILLON,
  type DeliveryProgress,
  type EventOf,
  type Hook,
  type HookCall,
  type JobDefinition,
} from '../domain/events/index.ts';
import { HOOK_GIVE_UP_MS, type HookName, hookNamed } from '../domain/execution/hook.ts';
import { tailOf } from '../domain/execution/tail.ts';
import { runsStream } from '../domain/streams.ts';
import { boundOrigin } from '../domain/targets/target-url.ts';
import { type Tenant, toMs } from '../domain/values.ts';
import { StreamParked } from '../event-store/errors.ts';
import type { ExecutionView } from '../projections/queries/records/executions.ts';
import type { DueHook } from '../projections/queries/records/hooks.ts';
import { createWorkRunner, type WorkRunner, type WorkTurn } from '../runtime/leased-work.ts';
import { createOutbox, type Outgoing } from '../runtime/outbox.ts';
import { createOutageLog } from '../runtime/retry.ts';
import { createFairSemaphore, type FairSemaphore } from '../runtime/semaphore.ts';
import type { OperationContext } from './context.ts';

type HookedExecution = Omit<EventOf<'HookAttempted'>['data'], 'tail' | 'hook'>;

/** Records the progress of a hook's call; nothing if the execution has expired since. */
const recordHook =
  (log: EventLog) =>
  async (execution: HookedExecution, hook: HookCall): Promise<void> => {
    const { tenant, jobId, executionId, createdAt } = execution;
    await handleCommand(log, {
      stream: runsStream(jobId),
      context: { tenant, actor: CARILLON, correlationId: `execution-${executionId}` },
      load: () => loadRuns(log.store, jobId),
      decide: (runs): EventOf<'HookAttempted'>[] =>
        runs.expired !== undefined && toMs(createdAt) < toMs(runs.expired.before)
          ? []
          : [{ type: 'HookAttempted', data: { ...execution, hook, tail: tailOf(runs) } }],
    });
  };

/** A hook with its job and application. */
type CurrentHook = { readonly hook: Hook; readonly definition: JobDefinition; readonly application: Application };

/** The call that reports the end of an execution. */
export type OutgoingHook = CurrentHook & { readonly name: HookName; readonly execution: ExecutionView };

export type HookWork = OperationContext & {
  /** Whether this log can make calls, unlike a restored copy. */
  readonly mayCall: () => Promise<boolean>;
  /** Makes the call once. Never rejects. @returns `undefined` if the signal aborted: the outcome is unknown */
  readonly call: (outgoing: OutgoingHook, signal: AbortSignal) => Promise<AttemptOutcome | undefined>;
  readonly attempted: (name: HookName, outcome: DeliveryProgress['status']) => void;
};

/** Maximum tenants with hook calls in progress; others take turns. */
const MAX_TENANTS = 64;
/** Maximum simultaneous calls: of all tenants, which share the capacity fairly, and to one target. */
const MAX_CALLS = 512;
const MAX_CALLS_PER_TARGET = 24;
/** Maximum due hooks of a tenant to read at a time. */
const PAGE = 200;
/** How often newly due hooks join a turn. */
const POLL_INTERVAL_MS = 1_000;

/**
 * Calls the hooks of ended executions, each tenant's in one process. The outcome of the execution records that it has a
 * hook, and each attempt is recorded afterwards. So if a process dies in between, the next one repeats that attempt with the
 * same `Idempotency-Key`.
 */
export const createHookCaller = (hooks: HookWork): WorkRunner => {
  const { clock } = hooks.world;
  const places = createFairSemaphore({ count: MAX_CALLS, countPerTarget: MAX_CALLS_PER_TARGET, clock });
  return createWorkRunner(hooks, {
    name: 'hooks',
    most: MAX_TENANTS,
    find: async (limit) => {
      const tenants = await hooks.queries.tenantsWithDueHooks(limit);
      return tenants.length > 0 && (await hooks.mayCall()) ? tenants : [];
    },
    leaseOf: (tenant) => `hooks of ${tenant}`,
    tenantOf: (tenant) => tenant,
    fieldsOf: (tenant) => ({ tenant }),
    carryOut: (tenant, turn) => callHooks(hooks, { tenant, places }, turn),
  });
};

/**
 * Calls a tenant's due hooks, and those that become due, until all are called or the turn is over. So a hook does not wait
 * for other hooks that hang.
 */
const callHooks = async (
  hooks: HookWork,
  { tenant, places }: { readonly tenant: Tenant; readonly places: FairSemaphore },
  turn: WorkTurn,
): Promise<void> => {
  const { world, queries } = hooks;
  const failures: unknown[] = [];
  const outbox = createOutbox({
    world,
    places,
    outages: createOutageLog(world.log, 'hooks: records of calls', { tenant }),
    failed: (error) => {
      // No calls are made for a parked stream; it is reported elsewhere.
      if (!(error instanceof StreamParked)) failures.push(error);
    },
    signal: turn.signal,
  });
  try {
    do {
      outbox.beginRound();
      if (!(await hooks.caughtUp())) throw new Error("the read models don't show all called hooks yet");
      for (const due of await queries.dueHooks(tenant, PAGE)) {
        outbox.send(due.executionId, () => prepareCall(hooks, { tenant, ...due }, turn));
      }
      await Promise.race([outbox.ended(), world.timers.sleep(POLL_INTERVAL_MS, turn.signal, 'look')]);
    } while (!outbox.isIdle() && failures.length === 0 && mayBegin(turn));
  } finally {
    await outbox.ended();
  }
  if (failures.length > 0) throw failures[0];
};

/** Returns whether further calls can begin in a turn. */
const mayBegin = ({ signal, isOver }: WorkTurn): boolean => !signal.aborted && !isOver();

type TenantHook = DueHook & { readonly tenant: Tenant };
type HookAttempt = { readonly execution: ExecutionView; readonly progress: DeliveryProgress };

/** @throws StreamParked, because nothing could be recorded in an unreadable stream: the hook would be called forever */
const prepareCall = async (hooks: HookWork, due: TenantHook, turn: WorkTurn): Promise<Outgoing<HookAttempt>> => {
  await loadRuns(hooks.store, due.jobId);
  const current = await currentHookOf(hooks, due);
  const { tenant, name, plannedAt } = due;
  return {
    tenant,
    target: current === undefined ? '' : boundOrigin(current.hook),
    send: () => attemptCall(hooks, { due, current }, turn),
    record: async ({ execution, progress }) => {
      await recordHook(hooks)({ tenant, ...recordedOf(execution) }, { name, plannedAt, ...progress });
      hooks.attempted(name, progress.status);
    },
  };
};

/** Calls a hook. A hook that its job no longer has is abandoned. */
const attemptCall = async (
  hooks: HookWork,
  { due, current }: { readonly due: TenantHook; readonly current: CurrentHook | undefined },
  turn: WorkTurn,
): Promise<HookAttempt | undefined> => {
  if (!mayBegin(turn)) return undefined;
  const { tenant, executionId, name, plannedAt, attempts } = due;
  const execution = await hooks.queries.getExecution({ tenant }, executionId);
  if (execution === undefined) return undefined;
  if (current === undefined) return { execution, progress: { status: 'abandoned', attempts, error: REMOVED } };
  const outcome = await hooks.call({ name, execution, ...current }, turn.signal);
  if (outcome === undefined) return undefined;
  const nowMs = hooks.world.clock.now();
  return { execution, progress: afterAttempt(due, { outcome, nowMs, untilMs: toMs(plannedAt) + HOOK_GIVE_UP_MS }) };
};

const REMOVED = { code: 'HOOK_REMOVED', message: 'the job and its application no longer have this hook' };

/** The current hook; `undefined` if the job no longer has it. */
const currentHookOf = async ({ store }: HookWork, { jobId, name }: DueHook): Promise<CurrentHook | undefined> => {
  const { state: job } = await loadJob(store, jobId);
  if (job.status === 'absent') return undefined;
  // A job that was deleted because its schedule completed still has its hook.
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
    ...defined({ createdBy, labels, rerunOf, backfillId }),
  };
};
