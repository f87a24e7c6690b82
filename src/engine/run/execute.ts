import { MAX_AHEAD_MS } from '../../commands/loop/activate-definition.ts';
import { CALLED_AFTER_LOOK_MS } from '../../domain/execution/cancel.ts';
import { type Delay, LATE_AFTER_MS } from '../../domain/execution/lateness.ts';
import type { Outcome } from '../../domain/execution/outcome.ts';
import { openUnder } from '../../domain/execution/tail.ts';
import type { JobSlots } from '../../domain/schedule/index.ts';
import { withInput } from '../../domain/tasks/http/run-input.ts';
import { type EngineJob, slotsOfJob } from '../jobs/engine-job.ts';
import { type RunsDeps, readTail, recordWithRetry } from './append-runs.ts';
import { type BeginCallDeps, beginCall } from './begin-call.ts';
import type { Claim, HeldClaim } from './claim.ts';
import {
  type DefinitionDeps,
  definitionAtHand,
  newestDefinition,
  readDefinition,
  readInput,
} from './definition-to-call.ts';
import type { ExecutionLines } from './execution-lines.ts';
import {
  cancelledBeforeCall,
  isFirstOfSlot,
  leaseLost,
  recordNotCalled,
  supersededBy,
  supersededFor,
} from './not-called.ts';

export type ExecuteDeps = RunsDeps & DefinitionDeps & BeginCallDeps & { readonly lines: ExecutionLines };

/**
 * Makes the call of a claim ready, as far as that can be done before its slot is due: then its bytes are all that is left,
 * and the calls of one instant go out together. What becomes known until then is looked at when it is due.
 */
export const makeReady = (deps: ExecuteDeps, held: HeldClaim, dueInMs: number): void => {
  const { claim, sinceMs, trace } = held;
  const job = deps.table.get(claim.jobId);
  if (dueInMs <= 0 || job === undefined || !isFirstOfSlot(claim) || trace.recordedAs !== undefined) return;
  const known = definitionAtHand(deps, job, claim);
  if (known === undefined || job.rules.limit !== undefined) return;
  const { definition } = known;
  const sure = { heldSinceMs: sinceMs, sureUntilMs: sinceMs + CLAIM_FRESH_MS };
  held.ready = trace.run(() => beginCall(deps, { job, held, definition, ...sure, dueInMs }));
};

/** Calls the target of a claim that is due and records the outcome. Never rejects. */
export const execute = (deps: ExecuteDeps, held: HeldClaim): Promise<void> =>
  held.trace.run(async () => {
    const { claim, trace } = held;
    const job = deps.table.get(claim.jobId);
    if (job === undefined) return held.ready?.drop();
    const begunMs = deps.world.clock.now();
    let outcome: Outcome | undefined;
    try {
      outcome = await call(deps, job, held);
      if (outcome === undefined) return;
      const delay = delayOf(job, claim, { turnMs: held.turnMs, begunMs, untilMs: outcome.calledAtMs ?? begunMs });
      const ended = { job, execution: claim, delay, traceparent: trace.recordedAs, slots: () => slotsInForce(job) };
      await recordWithRetry(deps, ended, outcome);
    } catch (error) {
      const { jobId, executionId } = claim;
      deps.world.log.error({ jobId, executionId, error }, 'scheduler: could not record a job execution');
    } finally {
      held.ready?.drop();
      trace.end(outcome);
    }
  });

type CallTimes = {
  /** When its limit let it go on; undefined without one. */
  readonly turnMs: number | undefined;
  /** When the claim had a place and the engine began to prepare the call. */
  readonly begunMs: number;
  /** When the call was handed to its connection. */
  readonly untilMs: number;
};

const delayOf = (job: EngineJob, claim: Claim, { begunMs, turnMs, untilMs }: CallTimes): Delay | undefined => {
  const slotMs = Date.parse(claim.scheduledAt);
  const lateFromMs = (slotsOfJob(job)?.dueMs(slotMs) ?? slotMs) + LATE_AFTER_MS;
  if (!isFirstOfSlot(claim) || untilMs <= lateFromMs) return undefined;
  const isLateBy = (ms = Number.NEGATIVE_INFINITY): boolean => ms > lateFromMs;
  const reason = isLateBy(turnMs) ? 'LIMIT' : isLateBy(begunMs) ? 'ENGINE_BUSY' : 'ENGINE_BEHIND';
  return { untilMs, reason: claim.late ?? reason };
};

/** The slots of the definition in force, while the job is enabled. */
const slotsInForce = (job: EngineJob): JobSlots | undefined =>
  job.runs.jobRevision === job.jobRevision ? slotsOfJob(job) : undefined;

/** How often a call is prepared again if preparing took so long that it had to be withheld. */
const MAX_TRIES = 5;

const call = async (deps: ExecuteDeps, job: EngineJob, held: HeldClaim): Promise<Outcome | undefined> => {
  for (let tries = 1; ; tries++) {
    const outcome = await callOnce(deps, job, { held, isFirstTry: tries === 1 });
    if (outcome !== 'withheld') return outcome;
    if (tries === MAX_TRIES) return leaseLost(deps.world.clock.now());
  }
};

/**
 * How long after a claim its call may go out without a look at the log. An edit waits this long before it is answered
 * (bind-definition.ts), so no answered edit is missed.
 */
const CLAIM_FRESH_MS = MAX_AHEAD_MS - 100;
/** A call may take so long to prepare: a claim that would be too old then is looked up at once. */
const PREPARING_MS = 100;

const callOnce = async (
  deps: ExecuteDeps,
  job: EngineJob,
  { held, isFirstTry }: { readonly held: HeldClaim; readonly isFirstTry: boolean },
): Promise<Outcome | 'withheld' | undefined> => {
  const { claim, trace } = held;
  // A call that was withheld once is looked up before it is tried again.
  const sinceMs = isFirstTry ? held.sinceMs : Number.NEGATIVE_INFINITY;
  const { world, leaseHeldSince } = deps;
  const { monotonic } = world.clock;
  let sureUntilMs = sinceMs + CLAIM_FRESH_MS;
  // The commands that change a job wait for the slots that were claimed ahead, and for no other calls.
  const mustRead = !isFirstOfSlot(claim) || !leaseHeldSince(sinceMs) || monotonic() >= sureUntilMs - PREPARING_MS;
  if (mustRead) {
    // Counted from before the read: a late answer shows the tail as it was when the read began.
    sureUntilMs = monotonic() + CALLED_AFTER_LOOK_MS;
    if (openUnder(await readTail(deps, job, deps.calls.signal), claim) === undefined) return undefined;
  }
  const known = definitionAtHand(deps, job, claim) ?? (await newestDefinition(deps, job, claim));
  if (known === undefined) {
    return supersededFor(claim, deps.parking.holds(job) ? 'parked' : 'editedByNewer', world.clock.now());
  }
  const superseded = supersededBy(deps, known, claim);
  if (superseded !== undefined) return superseded;
  const { jobId, executionId, attempt, trigger, scheduledAt, inputRevision, definitionRevision } = claim;
  const input = inputRevision === undefined ? undefined : await readInput(deps, jobId, inputRevision);
  const called =
    definitionRevision === undefined ? known.definition : await readDefinition(deps, jobId, definitionRevision);
  const definition = withInput(called, input);
  const closed = recordNotCalled(deps, { job, claim });
  if (closed !== undefined) return closed;
  const cancelled = openUnder(job.runs, claim)?.cancelRequested;
  if (cancelled !== undefined) return cancelledBeforeCall(claim, cancelled.reason, world.clock.now());
  const named = { jobId, jobName: definition.name, executionId, attempt, trigger };
  if (isFirstTry) deps.lines.started({ ...named, scheduledAt }, trace);
  const ready = isFirstTry && !mustRead && held.ready?.isOf(definition) ? held.ready : undefined;
  const sure = { heldSinceMs: mustRead ? undefined : sinceMs, sureUntilMs };
  const begun = ready ?? beginCall(deps, { job, held, definition, input, ...sure });
  const outcome = await begun.end();
  if (outcome === 'withheld') return begun.closed() ?? outcome;
  deps.lines.ended(named, outcome);
  return outcome;
};
