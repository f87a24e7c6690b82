import type { JobDefinition, RunEvent } from '../../domain/events/index.ts';
import { hashOfToken } from '../../domain/execution/callback.ts';
import { decideRuns } from '../../domain/execution/decide.ts';
import { lateReasons } from '../../domain/execution/lateness.ts';
import { WrongClosure } from '../../domain/execution/overlap.ts';
import { endOfJob } from '../../domain/execution/overlap-decision.ts';
import { idsOf } from '../../domain/execution/range.ts';
import type { LateReasons } from '../../domain/execution/settle-input.ts';
import { LogMismatch, StreamParked } from '../../event-store/errors.ts';
import type { Permit } from '../../runtime/fair-capacity.ts';
import { awaitWithTimeout } from '../../runtime/timeout.ts';
import type { TraceSpan } from '../../telemetry/tracer.ts';
import type { EngineContext } from '../context.ts';
import { type EngineJob, slotsOfJob } from '../jobs/job-records.ts';
import { AHEAD_MS } from '../jobs/job-table.ts';
import type { AdmissionQueue, JobAdmission } from './admission-queue.ts';
import { appendRuns, type RunsDecision } from './append-runs.ts';
import { changeJob, type EngineStep } from './change-job.ts';
import type { Dispatch } from './dispatch.ts';
import { recordedTrace, startTrace } from './execution-telemetry.ts';
import type { Claim } from './open-calls.ts';

/** A call that is prepared, and not sent yet. */
export type PlainCallInHand = {
  /** Whether it is made by this definition, and by the keys and the TLS settings that its application has now. */
  isOf(definition: JobDefinition): boolean;
  send(): void;
};

/** A claim of this engine, until the outcome of its call is recorded. */
export type HeldClaim = {
  readonly claim: Claim;
  readonly ticket: Permit;
  /** Monotonic instant just before the claim was appended: if another engine ended the claim, it did so after this. */
  readonly sinceMs: number;
  /** With which the target says how the execution ended; only for `completion: callback`. */
  readonly completionToken: string | undefined;
  readonly trace: TraceSpan;
  /** When the limit that its job names let its call go on, epoch ms; undefined without one. */
  turnMs: number | undefined;
  /** When it was due and had a place, epoch ms; 0 before. */
  begunMs: number;
  /** Its call, if that was prepared before the slot is due. */
  prepared: PlainCallInHand | undefined;
};

/** Claims what is due, some hundred jobs at a time, and sleeps until there is more. */
export type ClaimLoop = {
  /** Claims now the jobs that are due, and sets a timer for the next slot. */
  wake(): void;
  /** Cancels the timer. Resolves when the claims in progress have ended. */
  stop(): Promise<void>;
};

const RETRY_MS = 500;
/** The next jobs are claimed after this time, even if earlier claims are still in progress. */
const TIMEOUT_MS = 2_000;
/** How often to look whether a clock that was put forward has made slots due. */
const POLL_INTERVAL_MS = 1_000;

export const createClaimLoop = (context: EngineContext, turns: AdmissionQueue, dispatch: Dispatch): ClaimLoop => {
  const { table, definitions, parking, world, engineId, turnSize } = context;
  const { isClaiming, fail } = context.state;
  let cancels: (() => void)[] = [];
  let timerMs = Number.POSITIVE_INFINITY;
  let pumping: Promise<void> | undefined;
  const requestInProgress = new Set<Promise<void>>();

  const cancelTimers = (): void => {
    for (const cancel of cancels) cancel();
    cancels = [];
  };

  const wake = (): void => {
    if (!isClaiming() || pumping !== undefined) return;
    const nowMs = world.clock.now();
    const nextMs = Math.min(table.nextMs(), nowMs + turns.nextInMs());
    if (nextMs <= nowMs) {
      pumping = pump()
        .catch(fail)
        .finally(() => {
          pumping = undefined;
          wake();
        });
      return;
    }
    if (nextMs >= timerMs && cancels.length > 0) return;
    cancelTimers();
    timerMs = nextMs;
    const again = (): void => {
      cancelTimers();
      timerMs = Number.POSITIVE_INFINITY;
      wake();
    };
    cancels = [world.timers.after(POLL_INTERVAL_MS, again, 'look')];
    if (nextMs < Number.POSITIVE_INFINITY) cancels.push(world.timers.after(nextMs - nowMs, again));
  };

  const pump = async (): Promise<void> => {
    while (isClaiming()) {
      const due = table.popDue(world.clock.now(), turnSize);
      if (due.length === 0 && turns.nextInMs() > 0) return;
      // An append that is not confirmed keeps its own job waiting, and the others for no longer than this.
      const claims = claimAll(due).finally(() => requestInProgress.delete(claims));
      requestInProgress.add(claims);
      await awaitWithTimeout(world.timers, TIMEOUT_MS, claims);
    }
  };

  const claimAll = async (due: readonly EngineJob[]): Promise<void> => {
    try {
      const free = due.filter((job) => !parking.holds(job));
      await definitions.fetch(free);
      const next = turns.next(free);
      if (next.length > 0) await claimDue(context, dispatch, next);
      // Yields to the event loop, so that many jobs that wait for a place can't starve everything else.
      else await world.timers.sleep(0);
    } catch (error) {
      if (error instanceof LogMismatch) return fail(error);
      world.log.warn({ engineId, error }, 'scheduler: claiming failed; retrying');
      await world.timers.sleep(RETRY_MS);
      for (const job of due) table.arm(job);
    }
  };

  return {
    wake,
    stop: async () => {
      cancelTimers();
      await pumping;
      await Promise.all(requestInProgress);
    },
  };
};

/**
 * Settles the due slots of these jobs. An append that claims a slot hands the claim on, with its ticket. A job that
 * can't be settled is tried again after a pause and delays no other job.
 * @throws LogMismatch, and errors that keep every job from being settled
 */
const claimDue = async (context: EngineContext, dispatch: Dispatch, turns: readonly JobAdmission[]): Promise<void> => {
  // The definitions of the other jobs were fetched a moment ago, to find out their targets.
  const waited = turns.filter(({ hasWaited }) => hasWaited).map(({ job }) => job);
  try {
    await Promise.all([context.definitions.fetch(waited), context.executionIds.ready(turns.length)]);
  } catch (error) {
    for (const turn of turns) leave(context, dispatch, turn);
    throw error;
  }
  const failures = await settleAll(context, dispatch, turns);
  const [first] = failures.values();
  if (failures.size === 0) return;
  const mismatch = [...failures.values()].find((error) => error instanceof LogMismatch);
  if (mismatch !== undefined) throw mismatch;
  const some = { jobs: failures.size, jobIds: [...failures.keys()].slice(0, MAX_NAMED), error: first };
  context.world.log.warn(some, 'scheduler: could not claim slots; retrying these jobs later');
};

const MAX_NAMED = 10;

/** Gives this turn up: the ticket goes back, and the job is looked at again. */
const leave = ({ table, limits }: EngineContext, dispatch: Dispatch, { job, ticket }: JobAdmission): void => {
  limits.settled(job);
  table.arm(job);
  if (ticket !== undefined) dispatch.giveBack(ticket);
};

/** Pure. The one step that the engine takes now; what else is to be done follows when it looks at the job again. */
export const nextStep = (
  job: EngineJob,
  { isOrphan, nowMs }: { readonly isOrphan: boolean; readonly nowMs: number },
): EngineStep => {
  const { runs, rules, status } = job;
  if (runs.jobRevision < job.jobRevision) return 'bind';
  if (status !== 'deleted' && isOrphan) return 'delete orphan';
  return endOfJob(runs, { rules, status, slots: slotsOfJob(job) }, nowMs) ?? 'claim';
};

/**
 * Settles the due slots of all jobs by one request to the log, and changes those jobs that are to be changed.
 * @returns the errors of the jobs that could not be settled
 */
const settleAll = async (
  context: EngineContext,
  dispatch: Dispatch,
  turns: readonly JobAdmission[],
): Promise<ReadonlyMap<number, unknown>> => {
  const { table, limits, values, world } = context;
  const failures = new Map<number, unknown>();
  const decisions: RunsDecision[] = [];
  const changes: Promise<void>[] = [];
  let isIdle = true;
  for (const turn of turns) {
    const { job, ticket } = turn;
    if (context.parking.holds(job)) {
      leave(context, dispatch, turn);
      continue;
    }
    table.appendBegins(job);
    const ended = (held?: HeldClaim): void => {
      limits.settled(job);
      table.appendEnded(job);
      if (held !== undefined) dispatch.add(held);
      else if (ticket !== undefined) dispatch.giveBack(ticket);
    };
    const failed = (error: unknown): void => {
      if (!parkFor(context, job, error)) {
        table.holdBack(job);
        failures.set(job.jobId, error);
      }
      ended();
    };
    const made = (held: HeldClaim | undefined, count: number): void => {
      if (count > 0) isIdle = false;
      ended(held);
    };
    try {
      const step = nextStep(job, { isOrphan: values.of(job.applicationId).deleted, nowMs: world.clock.now() });
      if (step === 'claim') decisions.push(decisionOf(context, turn, { made, failed }));
      else changes.push(changeJob(context, job, step).then(() => ended(), failed));
    } catch (error) {
      failed(error);
    }
  }
  await Promise.all([appendRuns(context, decisions), ...changes]);
  // Should jobs ever be looked at in circles, everything else goes on beside them.
  if (isIdle) await world.timers.sleep(0);
  return failures;
};

/** Parks a job for an error that no retry helps against. @returns false for other errors */
const parkFor = ({ parking, world }: EngineContext, { jobId }: EngineJob, error: unknown): boolean => {
  if (error instanceof StreamParked) parking.park(error);
  else if (error instanceof WrongClosure) {
    parking.parkJob(jobId);
    const why = 'because one of its slots would have been claimed twice';
    world.log.error({ jobId, error }, `scheduler: a job is parked, ${why}`);
  } else return false;
  return true;
};

type DecisionEnds = {
  /** Called with the claim, if a slot is called, and the number of events. */
  readonly made: (held: HeldClaim | undefined, events: number) => void;
  readonly failed: RunsDecision['failed'];
};

/** The decision on the slots of a job that are due. */
const decisionOf = (context: EngineContext, turn: JobAdmission, { made, failed }: DecisionEnds): RunsDecision => {
  const { job, ticket } = turn;
  const { random, clock } = context.world;
  const isCallback = job.rules.completion === 'callback';
  const completionToken = isCallback ? random.bytes(TOKEN_BYTES).toString('base64url') : undefined;
  const tokenHash = completionToken && hashOfToken(completionToken);
  let held: HeldClaim | undefined;
  return {
    job,
    decide: () => {
      const sinceMs = clock.monotonic();
      const decided = decideDue(context, turn, tokenHash);
      const claim = decided.find((event) => event.type === 'ExecutionStarted')?.data;
      held = claim &&
        ticket && {
          claim,
          ticket,
          sinceMs,
          completionToken,
          trace: startTrace(context.tracer, claim),
          turnMs: undefined,
          begunMs: 0,
          prepared: undefined,
        };
      return decided;
    },
    traceparent: () => held && recordedTrace(held.trace),
    made: (events) => made(held, events.length),
    failed,
  };
};

const TOKEN_BYTES = 24;

const decideDue = (context: EngineContext, turn: JobAdmission, tokenHash: string | undefined): readonly RunEvent[] => {
  const { job, ticket, hasWaited, atLimit } = turn;
  const { runs, rules, status } = job;
  // The tail may name a definition that the subscription has not brought yet. The older one must settle nothing then.
  if (runs.jobRevision !== job.jobRevision) return [];
  const nowMs = context.world.clock.now();
  const slots = slotsOfJob(job);
  const isPaused = context.closures.isPaused(job, nowMs);
  const executionId = context.executionIds.next();
  if (executionId === undefined) return [];
  const decided = decideRuns(runs, {
    job: { ...idsOf(job), labels: context.definitions.get(job.jobId)?.definition.labels },
    engineId: context.engineId,
    tokenHash,
    rules,
    defaultHooks: context.values.of(job.applicationId).hooks,
    status,
    randomFraction: context.world.random.fraction(),
    slots,
    closures: context.closures.closuresOf(job),
    isPaused,
    nowMs,
    aheadMs: AHEAD_MS,
    lateBecause: lateBecause(context, job, { nowMs, hasWaited }),
    executionId,
    // Without a ticket, for want of a place: what could be called waits.
    mayCall: ticket !== undefined,
    atLimit,
  });
  const isTaken = decided.some(({ data }) => 'executionId' in data && data.executionId === executionId);
  if (isTaken) context.executionIds.tryTake();
  return decided;
};

const lateBecause = (
  { parking, closures, state, members }: EngineContext,
  job: EngineJob,
  { nowMs, hasWaited }: { readonly nowMs: number; readonly hasWaited: boolean },
): LateReasons => {
  const sinceThen = hasWaited ? 'ENGINE_BUSY' : job.waitedForOpen ? 'OVERLAP' : 'ENGINE_BEHIND';
  if (parking.heldAfter(job, job.runs.cursorMs)) return { untilMs: nowMs, reason: 'PARKED', sinceThen };
  return lateReasons({
    claimingSinceMs: Math.max(state.claimingSinceMs(), members.ownsSinceMs(job)),
    datesSinceMs: closures.datesSinceMs(job),
    sinceThen,
  });
};
