import { MAX_AHEAD_MS } from '../../commands/loop/activate-definition.ts';
import { definitionAt, inputOf } from '../../commands/loop/load.ts';
import type { JobDefinition, RunInput } from '../../domain/events/index.ts';
import { CALLED_AFTER_LOOK_MS } from '../../domain/execution/cancel.ts';
import { type Delay, dueOfMs, LATE_AFTER_MS } from '../../domain/execution/lateness.ts';
import type { Outcome } from '../../domain/execution/outcome.ts';
import { openUnder } from '../../domain/execution/tail.ts';
import { ParameterRejected } from '../../domain/parameters/index.ts';
import { type HttpRun, withInput } from '../../domain/tasks/run-input.ts';
import { movableDestination } from '../../domain/tasks/walk.ts';
import { WORKER_TASK } from '../../domain/tasks/worker/stored.ts';
import type { EngineContext } from '../context.ts';
import type { ApplicationValues } from '../jobs/application-values.ts';
import type { KnownDefinition } from '../jobs/definitions.ts';
import { type EngineJob, slotsInForce, slotsOfJob } from '../jobs/job-records.ts';
import { readWithRetry } from '../read-with-retry.ts';
import { readTail } from './append-runs.ts';
import type { HeldClaim } from './claim.ts';
import { endTrace, recordedTrace } from './execution-telemetry.ts';
import {
  cancelledBeforeCall,
  isFirstOfSlot,
  leaseLost,
  recordNotCalled,
  supersededBy,
  supersededFor,
} from './not-called.ts';
import type { Claim } from './open-calls.ts';
import type { EndedExecution, RecordOutcome } from './record-outcomes.ts';

/** How a claim is known to be this engine's. */
export type Hold = {
  /** Since when by its lease, monotonic; undefined where the log said so. */
  readonly heldSinceMs: number | undefined;
  /** Until when no change can have been acknowledged that takes the call away, monotonic. */
  readonly sureUntilMs: number;
};

type ClaimOfJob = { readonly job: EngineJob; readonly claim: Claim };

/** A claim that is due, and whether its call was tried before, and withheld. */
type Try = { readonly held: HeldClaim; readonly wasTried: boolean };

/** Calls the target of a claim that is due, or offers its work, and records the outcome, by itself. Never rejects. */
export const execute = (context: EngineContext, record: RecordOutcome, { held, wasTried }: Try): Promise<void> =>
  held.trace.run(async () => {
    const job = context.table.get(held.claim.jobId);
    if (job === undefined) return;
    let outcome: Outcome | undefined;
    try {
      outcome = await call(context, job, { held, wasTried });
      if (outcome !== undefined) {
        const ended = endedExecution(context, { job, held }, outcome);
        const { promise, resolve, reject } = Promise.withResolvers<void>();
        record(ended, outcome, (error) => (error === undefined ? resolve() : reject(error)));
        await promise;
      }
    } catch (error) {
      logNotRecorded(context, held.claim, error);
    } finally {
      endTrace(held, outcome);
    }
  });

export const logNotRecorded = ({ world }: EngineContext, { jobId, executionId }: Claim, error: unknown): void =>
  world.log.error({ jobId, executionId, error }, 'scheduler: could not record a job execution');

type HeldOfJob = { readonly job: EngineJob; readonly held: HeldClaim };

export const endedExecution = (context: EngineContext, { job, held }: HeldOfJob, outcome: Outcome): EndedExecution => ({
  job,
  execution: held.claim,
  delay: delayOf(job, held, outcome.calledAtMs ?? held.begunMs),
  isAwaited: isAwaited(job, held, outcome),
  traceparent: recordedTrace(held.trace),
  slots: () => slotsInForce(job),
  supersededSince: async () => {
    const known = await newestDefinition(context, job, held.claim);
    return known && supersededBy(context, known, held.claim);
  },
});

/** A later end may leave too little time before the job's next slot, which follows a second later at the earliest. */
const QUICK_MS = 500;

/** Whether anything may wait until this outcome is recorded. */
const isAwaited = ({ rules, runs }: EngineJob, { claim, begunMs }: HeldClaim, outcome: Outcome): boolean =>
  claim.trigger !== 'schedule' ||
  claim.late !== undefined ||
  rules.limit !== undefined ||
  outcome.kind === 'accepted' ||
  runs.open.length > 1 ||
  runs.catchUp.length > 0 ||
  runs.backfills.length > 0 ||
  outcome.finishedAtMs - begunMs > QUICK_MS;

/** @param untilMs when the call was handed to its connection */
const delayOf = (job: EngineJob, { claim, turnMs, begunMs }: HeldClaim, untilMs: number): Delay | undefined => {
  const lateFromMs = dueOfMs(claim, slotsOfJob(job)) + LATE_AFTER_MS;
  if (!isFirstOfSlot(claim) || untilMs <= lateFromMs) return undefined;
  const isLateBy = (ms = Number.NEGATIVE_INFINITY): boolean => ms > lateFromMs;
  const reason = isLateBy(turnMs) ? 'LIMIT' : isLateBy(begunMs) ? 'ENGINE_BUSY' : 'ENGINE_BEHIND';
  return { untilMs, reason: claim.late ?? reason };
};

/** How often a call is prepared again if preparing took so long that it had to be withheld. */
const MAX_TRIES = 5;

const call = async (context: EngineContext, job: EngineJob, { held, wasTried }: Try): Promise<Outcome | undefined> => {
  for (let tries = wasTried ? 2 : 1; tries <= MAX_TRIES; tries++) {
    const outcome = await callOnce(context, job, { held, wasTried: tries > 1 });
    if (outcome !== 'withheld') return outcome;
  }
  return leaseLost(context.world.clock.now());
};

/**
 * How long after a claim its call may go out without a look at the log. An edit waits this long before it is acknowledged
 * (activate-definition.ts), so no acknowledged edit is missed.
 */
export const CLAIM_FRESH_MS = MAX_AHEAD_MS - 100;
/** A call may take so long to prepare: a claim that would be too old then is looked up at once. */
const PREPARING_MS = 100;

/**
 * How a claim is known to be this engine's without a look at the log, for as long as a call takes to prepare; undefined if
 * it is too old.
 */
export const holdOfClaim = ({ world, members }: EngineContext, { claim, sinceMs }: HeldClaim): Hold | undefined => {
  // The commands that change a job wait for the slots that were claimed ahead. For any other call, the append of its claim
  // was a look at the log: it was made after this instant, and nothing came before it.
  const hold = isFirstOfSlot(claim)
    ? { heldSinceMs: sinceMs, sureUntilMs: sinceMs + CLAIM_FRESH_MS }
    : { heldSinceMs: undefined, sureUntilMs: sinceMs + CALLED_AFTER_LOOK_MS };
  const isHeld = hold.heldSinceMs === undefined || members.leaseHeldSince(hold.heldSinceMs);
  return isHeld && world.clock.monotonic() < hold.sureUntilMs - PREPARING_MS ? hold : undefined;
};

const callOnce = async (
  context: EngineContext,
  job: EngineJob,
  { held, wasTried }: Try,
): Promise<Outcome | 'withheld' | undefined> => {
  const { claim } = held;
  const { world, store, calls } = context;
  const read = <T>(one: () => Promise<T>): Promise<T> => readWithRetry(world, one, { signal: calls.signal });
  // A call that was withheld once is looked up before it is tried again.
  let hold = wasTried ? undefined : holdOfClaim(context, held);
  if (hold === undefined) {
    // Counted from before the read: a late response shows the tail as it was when the read began.
    hold = { heldSinceMs: undefined, sureUntilMs: world.clock.monotonic() + CALLED_AFTER_LOOK_MS };
    if (openUnder(await readTail(context, job, calls.signal), claim) === undefined) return undefined;
  }
  const known = definitionAtHand(context, job, claim) ?? (await newestDefinition(context, job, claim));
  if (known === undefined) {
    return supersededFor(claim, context.parking.holds(job) ? 'parked' : 'editedByNewer', world.clock.now());
  }
  const { jobId, inputRevision, definitionRevision } = claim;
  const before = whyNotCalled(context, { job, claim }, known);
  if (before !== undefined) return before === 'ended' ? undefined : before;
  const input = inputRevision === undefined ? undefined : await read(() => inputOf(store, jobId, inputRevision));
  // A rerun is called by the definition of its first run.
  const called =
    definitionRevision === undefined
      ? known.definition
      : await read(() => definitionAt(store, jobId, definitionRevision));
  const definition = withInput(called, input);
  const wasRead = inputRevision !== undefined || definitionRevision !== undefined;
  const since = wasRead ? whyNotCalled(context, { job, claim }, known) : undefined;
  if (since !== undefined) return since === 'ended' ? undefined : since;
  // Whether an attempt can have acted follows from its claim, so the kind of its job must not change after it.
  if ((definition.taskType === WORKER_TASK) !== (openUnder(job.runs, claim)?.offers === true)) {
    return supersededFor(claim, 'edited', world.clock.now());
  }
  if (!wasTried) context.lines.started(held, definition.name);
  const values = () => valuesFor(context, definition, input);
  let outcome: Outcome | 'withheld';
  if (definition.taskType === WORKER_TASK) {
    if (job.rules.limit !== undefined) context.limits.sent(claim);
    // Recording this outcome offers the work, if the attempt is still open then.
    outcome = await context.offerWork({ claim, definition, values, signal: calls.signal });
  } else outcome = await callTarget(context, { job, held, hold, definition, values });
  if (outcome !== 'withheld') context.lines.ended(held, definition.name, outcome);
  return outcome;
};

/** Why a claim is not called: an outcome to record, or that somebody else ended it. Undefined if it is called. */
export const whyNotCalled = (
  context: EngineContext,
  { job, claim }: ClaimOfJob,
  known: KnownDefinition,
): Outcome | 'ended' | undefined => {
  const open = openUnder(job.runs, claim);
  if (open === undefined) return 'ended';
  const cancelled = open.cancelRequested;
  return (
    supersededBy(context, known, claim) ??
    recordNotCalled(context, { job, claim }) ??
    (cancelled && cancelledBeforeCall(claim, cancelled.reason, context.world.clock.now()))
  );
};

/** The pre-send check. @returns why the call is not made, if its job was paused or its slot left out; else whether it is made */
export const checkBeforeSend = (
  context: EngineContext,
  { job, claim }: ClaimOfJob,
  { heldSinceMs, sureUntilMs, origin }: Hold & { readonly origin: string },
): Outcome | boolean =>
  recordNotCalled(context, { job, claim }, origin) ??
  (context.world.clock.monotonic() < sureUntilMs &&
    (heldSinceMs === undefined || context.members.leaseHeldSince(heldSinceMs)));

type TargetCall = {
  readonly job: EngineJob;
  readonly held: HeldClaim;
  readonly hold: Hold;
  readonly definition: HttpRun;
  readonly values: () => Promise<ApplicationValues>;
};

/** Makes a call now. @returns `withheld` if it is to be looked up again */
const callTarget = async (
  context: EngineContext,
  { job, held, hold, definition, values }: TargetCall,
): Promise<Outcome | 'withheld'> => {
  const { claim, completionToken, trace } = held;
  const { signingKeys, tls } = context.values.of(definition.applicationId);
  const controller = new AbortController();
  const open = { claim, abort: () => controller.abort() };
  context.calls.begin(open);
  let closed: Outcome | undefined;
  try {
    const outcome = await context.tasks.run({
      claim,
      definition,
      completionToken,
      traceparent: trace.traceparent,
      values,
      signingKeys,
      tls,
      signal: controller.signal,
      mayStillCall: (origin) => {
        const checked = checkBeforeSend(context, { job, claim }, { ...hold, origin });
        if (typeof checked !== 'boolean') closed = checked;
        if (checked === true && job.rules.limit !== undefined) context.limits.sent(claim);
        return checked === true;
      },
    });
    return outcome === 'withheld' ? (closed ?? outcome) : outcome;
  } finally {
    context.calls.end(open);
  }
};

/**
 * The values of the application, with the variables of the run in place of those with the same name.
 * @throws ParameterRejected if the variables of the run could move an origin that secrets are sent to
 */
const valuesFor = async (
  { newestValues }: EngineContext,
  { applicationId, ...task }: JobDefinition,
  input: RunInput | undefined,
): Promise<ApplicationValues> => {
  const values = await newestValues(applicationId);
  if (input?.variables === undefined) return values;
  // The request was checked against the job as it was then, and the job may have changed since.
  const movable = movableDestination(task);
  if (movable !== undefined) throw new ParameterRejected(movable.url, MOVED_BY_RUN);
  return { secrets: values.secrets, variables: new Map([...values.variables, ...Object.entries(input.variables)]) };
};

const MOVED_BY_RUN =
  "the variables of this run must not decide where the job's secrets are sent. Run the job without variables.";

const newestRevision = (job: EngineJob, claim: Claim): number =>
  Math.max(claim.jobRevision, job.jobRevision, job.runs.jobRevision);

/** The definition at the newest revision known, or a later one, if it is at hand. */
export const definitionAtHand = (
  { definitions, parking }: EngineContext,
  job: EngineJob,
  claim: Claim,
): KnownDefinition | undefined => {
  const known = parking.holds(job) ? undefined : definitions.get(claim.jobId);
  return known !== undefined && known.revision >= newestRevision(job, claim) ? known : undefined;
};

/**
 * The same, read if it is not at hand, and read again if a late response brought an older one.
 * @returns undefined if only a newer release can read the definition, or if nobody can
 */
const newestDefinition = async (
  context: EngineContext,
  job: EngineJob,
  claim: Claim,
): Promise<KnownDefinition | undefined> => {
  const { signal } = context.calls;
  for (let reads = 0; reads < MAX_READS && !context.parking.holds(job); reads++) {
    const known = definitionAtHand(context, job, claim);
    if (known !== undefined) return known;
    const wanted = { jobId: claim.jobId, jobRevision: newestRevision(job, claim) };
    await readWithRetry(context.world, () => context.definitions.fetch([wanted]), { signal });
    if (reads > 0) await context.world.timers.sleep(READ_AGAIN_MS, signal);
  }
  return undefined;
};
const MAX_READS = 5;
const READ_AGAIN_MS = 200;
