import { MAX_AHEAD_MS } from '../../commands/loop/activate-definition.ts';
import type { RunInput } from '../../domain/events/index.ts';
import { CALLED_AFTER_LOOK_MS } from '../../domain/execution/cancel.ts';
import { type Delay, dueOfMs, LATE_AFTER_MS } from '../../domain/execution/lateness.ts';
import type { Outcome } from '../../domain/execution/outcome.ts';
import { openUnder } from '../../domain/execution/tail.ts';
import { type HttpRun, withInput } from '../../domain/tasks/run-input.ts';
import { WORKER_TASK } from '../../domain/tasks/worker/stored.ts';
import type { EngineContext } from '../context.ts';
import type { KnownDefinition } from '../jobs/definitions.ts';
import { type EngineJob, slotsInForce, slotsOfJob } from '../jobs/engine-job.ts';
import { readTail } from './append-runs.ts';
import type { HeldClaim } from './claim.ts';
import { definitionAtHand, newestDefinition, readDefinition, readInput, valuesFor } from './definition-to-call.ts';
import {
  cancelledBeforeCall,
  isFirstOfSlot,
  leaseLost,
  recordNotCalled,
  supersededBy,
  supersededFor,
} from './not-called.ts';
import type { WorkToOffer } from './offer-work.ts';
import type { Claim } from './open-calls.ts';
import type { EndedExecution, OutcomeRecorder } from './record-outcomes.ts';

export type ExecuteDeps = EngineContext & { readonly outcomes: OutcomeRecorder };

/** How a claim is known to be this engine's. */
export type Hold = {
  /** Since when by its lease, monotonic; undefined where the log said so. */
  readonly heldSinceMs: number | undefined;
  /** Until when no change can have been acknowledged that takes the call away, monotonic. */
  readonly sureUntilMs: number;
};

type ClaimOfJob = { readonly job: EngineJob; readonly claim: Claim };

/** Calls the target of a claim that is due, or offers its work, and records the outcome, by itself. Never rejects. */
export const execute = (deps: ExecuteDeps, held: HeldClaim, tried?: TriedCall): Promise<void> =>
  held.trace.run(async () => {
    const { claim, trace } = held;
    const job = deps.table.get(claim.jobId);
    if (job === undefined) return;
    const begunMs = tried?.begunMs ?? deps.world.clock.now();
    let outcome: Outcome | undefined;
    try {
      outcome = await call(deps, job, { held, wasTried: tried !== undefined });
      if (outcome !== undefined)
        await recorded(deps.outcomes, endedExecution(job, { held, begunMs, outcome }), outcome);
    } catch (error) {
      logNotRecorded(deps, claim, error);
    } finally {
      trace.end(outcome);
    }
  });

/** A call that was withheld before. */
export type TriedCall = { readonly begunMs: number };

export const logNotRecorded = (
  { world }: EngineContext,
  { jobId, executionId }: Pick<Claim, 'jobId' | 'executionId'>,
  error: unknown,
): void => world.log.error({ jobId, executionId, error }, 'scheduler: could not record a job execution');

const recorded = (outcomes: OutcomeRecorder, ended: EndedExecution, outcome: Outcome): Promise<void> =>
  new Promise((resolve, reject) => {
    outcomes.record(ended, outcome, (error) => (error === undefined ? resolve() : reject(error)));
  });

type EndedCall = {
  readonly held: HeldClaim;
  /** When the claim had a place and the engine began to prepare the call. */
  readonly begunMs: number;
  readonly outcome: Outcome;
};

export const endedExecution = (job: EngineJob, { held, begunMs, outcome }: EndedCall): EndedExecution => {
  const { claim, turnMs, trace } = held;
  const delay = delayOf(job, claim, { turnMs, begunMs, untilMs: outcome.calledAtMs ?? begunMs });
  return { job, execution: claim, delay, traceparent: trace.recordedAs, slots: () => slotsInForce(job) };
};

type CallTimes = {
  /** When its limit let it go on; undefined without one. */
  readonly turnMs: number | undefined;
  readonly begunMs: number;
  /** When the call was handed to its connection. */
  readonly untilMs: number;
};

const delayOf = (job: EngineJob, claim: Claim, { begunMs, turnMs, untilMs }: CallTimes): Delay | undefined => {
  const lateFromMs = dueOfMs(claim, slotsOfJob(job)) + LATE_AFTER_MS;
  if (!isFirstOfSlot(claim) || untilMs <= lateFromMs) return undefined;
  const isLateBy = (ms = Number.NEGATIVE_INFINITY): boolean => ms > lateFromMs;
  const reason = isLateBy(turnMs) ? 'LIMIT' : isLateBy(begunMs) ? 'ENGINE_BUSY' : 'ENGINE_BEHIND';
  return { untilMs, reason: claim.late ?? reason };
};

/** How often a call is prepared again if preparing took so long that it had to be withheld. */
const MAX_TRIES = 5;

type TryInput = { readonly held: HeldClaim; readonly wasTried: boolean };

const call = async (
  deps: EngineContext,
  job: EngineJob,
  { held, wasTried }: TryInput,
): Promise<Outcome | undefined> => {
  for (let tries = wasTried ? 2 : 1; ; tries++) {
    const outcome = await callOnce(deps, job, { held, wasTried: tries > 1 });
    if (outcome !== 'withheld') return outcome;
    if (tries === MAX_TRIES) return leaseLost(deps.world.clock.now());
  }
};

/**
 * How long after a claim its call may go out without a look at the log. An edit waits this long before it is acknowledged
 * (activate-definition.ts), so no acknowledged edit is missed.
 */
export const CLAIM_FRESH_MS = MAX_AHEAD_MS - 100;
/** A call may take so long to prepare: a claim that would be too old then is looked up at once. */
const PREPARING_MS = 100;

/** Whether a claim is this engine's beyond doubt for as long as a call takes to prepare. */
export const isSureOf = (
  { world, members }: EngineContext,
  { claim, sinceMs }: Pick<HeldClaim, 'claim' | 'sinceMs'>,
): boolean =>
  // The commands that change a job wait for the slots that were claimed ahead, and for no other calls.
  isFirstOfSlot(claim) &&
  members.leaseHeldSince(sinceMs) &&
  world.clock.monotonic() < sinceMs + CLAIM_FRESH_MS - PREPARING_MS;

const callOnce = async (
  deps: EngineContext,
  job: EngineJob,
  { held, wasTried }: TryInput,
): Promise<Outcome | 'withheld' | undefined> => {
  const { claim, sinceMs } = held;
  const { world } = deps;
  let hold: Hold = { heldSinceMs: sinceMs, sureUntilMs: sinceMs + CLAIM_FRESH_MS };
  // A call that was withheld once is looked up before it is tried again.
  if (wasTried || !isSureOf(deps, held)) {
    // Counted from before the read: a late response shows the tail as it was when the read began.
    hold = { heldSinceMs: undefined, sureUntilMs: world.clock.monotonic() + CALLED_AFTER_LOOK_MS };
    if (openUnder(await readTail(deps, job, deps.calls.signal), claim) === undefined) return undefined;
  }
  const known = definitionAtHand(deps, job, claim) ?? (await newestDefinition(deps, job, claim));
  if (known === undefined) {
    return supersededFor(claim, deps.parking.holds(job) ? 'parked' : 'editedByNewer', world.clock.now());
  }
  const { jobId, inputRevision, definitionRevision } = claim;
  const before = whyNotCalled(deps, { job, claim }, known);
  if (before !== undefined) return before === 'ended' ? undefined : before;
  const input = inputRevision === undefined ? undefined : await readInput(deps, jobId, inputRevision);
  const called =
    definitionRevision === undefined ? known.definition : await readDefinition(deps, jobId, definitionRevision);
  const definition = withInput(called, input);
  const wasRead = inputRevision !== undefined || definitionRevision !== undefined;
  const since = wasRead ? whyNotCalled(deps, { job, claim }, known) : undefined;
  if (since !== undefined) return since === 'ended' ? undefined : since;
  // Whether an attempt can have acted follows from its claim, so the kind of its job must not change after it.
  if ((definition.taskType === WORKER_TASK) !== (openUnder(job.runs, claim)?.offers === true)) {
    return supersededFor(claim, 'edited', world.clock.now());
  }
  if (!wasTried) deps.lines.started(held, definition.name);
  const outcome =
    definition.taskType === WORKER_TASK
      ? await offer(deps, { job, claim, definition, input })
      : await callTarget(deps, { job, held, definition, input, ...hold });
  if (outcome !== 'withheld') deps.lines.ended(held, definition.name, outcome);
  return outcome;
};

/** Why a claim is not called: an outcome to record, or that somebody else ended it. Undefined if it is called. */
export const whyNotCalled = (
  deps: EngineContext,
  { job, claim }: ClaimOfJob,
  known: KnownDefinition,
): Outcome | 'ended' | undefined => {
  const open = openUnder(job.runs, claim);
  if (open === undefined) return 'ended';
  const cancelled = open.cancelRequested;
  return (
    supersededBy(deps, known, claim) ??
    recordNotCalled(deps, { job, claim }) ??
    (cancelled && cancelledBeforeCall(claim, cancelled.reason, deps.world.clock.now()))
  );
};

/** The pre-send check. @returns why the call is not made, if its job was paused or its slot left out; else whether it is made */
export const checkBeforeSend = (
  deps: EngineContext,
  { job, claim }: ClaimOfJob,
  { heldSinceMs, sureUntilMs, origin }: Hold & { readonly origin: string },
): Outcome | boolean =>
  recordNotCalled(deps, { job, claim }, origin) ??
  (deps.world.clock.monotonic() < sureUntilMs &&
    (heldSinceMs === undefined || deps.members.leaseHeldSince(heldSinceMs)));

type CallInput = Hold & {
  readonly job: EngineJob;
  readonly held: HeldClaim;
  readonly definition: HttpRun;
  readonly input: RunInput | undefined;
};

/** Makes a call now. @returns `withheld` if it is to be looked up again */
const callTarget = async (deps: EngineContext, given: CallInput): Promise<Outcome | 'withheld'> => {
  const { job, held, definition, input } = given;
  const { claim, completionToken, trace } = held;
  const { applicationId } = definition;
  const controller = new AbortController();
  const end = deps.calls.begin(claim, () => controller.abort());
  let closed: Outcome | undefined;
  try {
    const outcome = await deps.tasks.run({
      claim,
      definition,
      completionToken,
      traceparent: trace.traceparent,
      values: () => valuesFor(deps, definition, input),
      signingKeys: deps.values.signingKeysOf(applicationId),
      tls: deps.values.tlsOf(applicationId),
      signal: controller.signal,
      mayStillCall: (origin) => {
        const checked = checkBeforeSend(deps, { job, claim }, { ...given, origin });
        if (typeof checked !== 'boolean') closed = checked;
        if (checked === true && job.rules.limit !== undefined) deps.limits.sent(claim);
        return checked === true;
      },
    });
    return outcome === 'withheld' ? (closed ?? outcome) : outcome;
  } finally {
    end();
  }
};

type OfferInput = Pick<WorkToOffer, 'claim' | 'definition' | 'input'> & { readonly job: EngineJob };

/** Prepares the work of an attempt: recording the outcome offers it, if the attempt is still open then. */
const offer = (deps: EngineContext, { job, claim, definition, input }: OfferInput): Promise<Outcome> => {
  if (job.rules.limit !== undefined) deps.limits.sent(claim);
  const values = () => valuesFor(deps, definition, input);
  return deps.offerWork({ claim, definition, input, values, signal: deps.calls.signal });
};
