import { LONGEST_AHEAD_MS } from '../../commands/loop/bind-definition.ts';
import { definitionAt } from '../../commands/loop/load.ts';
import type { CancelReason, JobDefinition } from '../../domain/events/index.ts';
import { CALLED_AFTER_LOOK_MS } from '../../domain/runs/cancel.ts';
import { closureAt } from '../../domain/runs/closures.ts';
import { type Delay, LATE_AFTER_MS } from '../../domain/runs/lateness.ts';
import type { Outcome } from '../../domain/runs/outcome.ts';
import { unwantedBecause } from '../../domain/runs/still-wanted.ts';
import { SUPERSEDED, type SupersededBy } from '../../domain/runs/superseded.ts';
import { openUnder } from '../../domain/runs/tail.ts';
import { type JobSlots, scheduleKey, scheduleOf } from '../../domain/schedule/index.ts';
import { toMs } from '../../domain/values.ts';
import type { ApplicationValues } from '../jobs/application-values.ts';
import type { Definitions, KnownDefinition } from '../jobs/definitions.ts';
import { type EngineJob, slotsOfJob } from '../jobs/job-table.ts';
import type { Parking } from '../jobs/parking.ts';
import { readSurely } from '../read-surely.ts';
import { type RunsDeps, readTail } from './append-runs.ts';
import type { Claim, HeldClaim } from './claim.ts';
import type { Limits } from './limits.ts';
import type { OpenCalls } from './open-calls.ts';
import { recordSurely } from './record-surely.ts';

/**
 * Makes the call of one execution. It never rejects.
 * @returns `withheld` if `mayStillCall` said no: nothing was sent
 */
export type RunTask = (input: {
  readonly claim: Claim;
  readonly definition: JobDefinition;
  /** With which the target says how the execution ended; only for `completion: callback`. */
  readonly completionToken?: string | undefined;
  /** The variables and secrets of the job's application, as the log has them now. */
  readonly values: () => Promise<ApplicationValues>;
  readonly signal: AbortSignal;
  /** Asked right before the request is sent to this origin; false withholds it. */
  readonly mayStillCall: (origin: string) => boolean;
}) => Promise<Outcome | 'withheld'>;

export type ExecuteDeps = RunsDeps & {
  readonly definitions: Definitions;
  readonly parking: Parking;
  readonly runTask: RunTask;
  /** Reads an application's variables and secrets from the log. */
  readonly newestValues: (applicationId: number) => Promise<ApplicationValues>;
  /** Whether the lease has held without a break since this monotonic instant. */
  readonly leaseHeldSince: (sinceMs: number) => boolean;
  readonly calls: OpenCalls;
  readonly limits: Pick<Limits, 'untilTurn' | 'sent'>;
};

/** Calls the target of a claim that is due and records the outcome. Never rejects. */
export const execute = async (deps: ExecuteDeps, held: HeldClaim): Promise<void> => {
  const { claim } = held;
  const job = deps.table.get(claim.jobId);
  if (job === undefined) return;
  const begunMs = deps.world.clock.now();
  try {
    if (job.rules.limit !== undefined) await deps.limits.untilTurn(claim, deps.calls.signal);
    const outcome = await call(deps, job, held);
    if (outcome === undefined) return;
    const delay = delayOf(job, claim, { begunMs, untilMs: outcome.calledAtMs ?? begunMs });
    await recordSurely(deps, { job, execution: claim, delay, slots: () => slotsInForce(job) }, outcome);
  } catch (error) {
    const { jobId, executionId } = claim;
    deps.world.log.error({ jobId, executionId, error }, 'scheduler: job execution could not be recorded');
  }
};

type CallTimes = {
  /** When the claim had a place and the engine began to prepare the call. */
  readonly begunMs: number;
  /** When the call was handed to its connection. */
  readonly untilMs: number;
};

/** Whether an attempt is the first call of a slot: such a one may be late, and an edit may take its slot away. */
const isFirstOfSlot = ({ trigger, attempt }: Pick<Claim, 'trigger' | 'attempt'>): boolean =>
  trigger === 'schedule' && attempt === 1;

const delayOf = (job: EngineJob, claim: Claim, { begunMs, untilMs }: CallTimes): Delay | undefined => {
  const slotMs = Date.parse(claim.scheduledAt);
  const lateFromMs = (slotsOfJob(job)?.dueMs(slotMs) ?? slotMs) + LATE_AFTER_MS;
  if (!isFirstOfSlot(claim) || untilMs <= lateFromMs) return undefined;
  return { untilMs, reason: claim.late ?? (begunMs > lateFromMs ? 'ENGINE_BUSY' : 'ENGINE_BEHIND') };
};

/** The slots of the definition in force, while the job is enabled. */
const slotsInForce = (job: EngineJob): JobSlots | undefined =>
  job.runs.jobRevision === job.jobRevision ? slotsOfJob(job) : undefined;

/** The outcome of a claim that a newer definition cancels: it lacks the slot, or the job was disabled or deleted. */
const supersededBy = (
  { world }: ExecuteDeps,
  { definition, revision, deleted }: KnownDefinition,
  claim: Claim,
): Outcome | undefined => {
  if (revision === claim.jobRevision || (claim.trigger !== 'schedule' && !deleted)) return undefined;
  const finishedAtMs = world.clock.now();
  const isEnabled = definition.enabled && !deleted;
  // A slot that was called before may be called again although an edit has taken it away.
  if (claim.attempt > 1) {
    const error = unwantedBecause(deleted ? 'deleted' : isEnabled ? 'enabled' : 'disabled', claim);
    return error && { kind: 'cancelled', finishedAtMs, error };
  }
  const slotMs = Date.parse(claim.scheduledAt);
  if (isEnabled && scheduleOf(scheduleKey(definition)).next(slotMs - 1) === slotMs) return undefined;
  return supersededFor(claim, deleted ? 'deleted' : isEnabled ? 'edited' : 'disabled', finishedAtMs);
};

const supersededFor = (claim: Claim, by: SupersededBy, finishedAtMs: number): Outcome => ({
  kind: 'cancelled',
  superseded: isFirstOfSlot(claim),
  finishedAtMs,
  error: { code: 'SUPERSEDED', message: SUPERSEDED[by].message },
});

const cancelledUncalled = (claim: Claim, code: CancelReason, finishedAtMs: number): Outcome => ({
  kind: 'cancelled',
  superseded: isFirstOfSlot(claim),
  finishedAtMs,
  error: { code, message: 'it was cancelled before its call' },
});

/**
 * The outcome of a claim that may not be called, since its job was paused meanwhile, or a calendar leaves its slot out:
 * a slot is skipped, anything else waits for the end of the pause.
 * @param origin where the request would go, once that is known
 */
const closedOff = (
  { world, closures }: ExecuteDeps,
  { job, claim }: { readonly job: EngineJob; readonly claim: Claim },
  origin = job.target,
): Outcome | undefined => {
  const finishedAtMs = world.clock.now();
  const isForced = openUnder(job.runs, claim)?.forced === true;
  const isPaused = !isForced && closures.isPaused({ ...job, target: origin }, finishedAtMs);
  if (isFirstOfSlot(claim)) {
    const reason = isPaused ? 'PAUSED' : closureAt(closures.closuresOf(job), toMs(claim.scheduledAt))?.reason;
    return reason && supersededFor(claim, reason === 'PAUSED' ? 'paused' : 'leftOut', finishedAtMs);
  }
  return isPaused ? { kind: 'failed', finishedAtMs, error: PAUSED } : undefined;
};
const PAUSED = {
  code: 'PAUSED' as const,
  message: 'the job was paused before this call: it waits for the end of that',
};

/** The definition to call by: the newest one, unless a rerun asked for that of its first run. */
const definitionFor = async (
  { world, store, calls }: ExecuteDeps,
  { jobId, definitionRevision }: Claim,
  { definition }: KnownDefinition,
): Promise<JobDefinition> =>
  definitionRevision === undefined
    ? definition
    : readSurely(world, () => definitionAt(store, jobId, definitionRevision), { signal: calls.signal });

/** How often a call is prepared again if preparing took so long that it had to be withheld. */
const MOST_TRIES = 5;

const call = async (deps: ExecuteDeps, job: EngineJob, held: HeldClaim): Promise<Outcome | undefined> => {
  for (let tries = 1; ; tries++) {
    const outcome = await callOnce(deps, job, tries === 1 ? held : { ...held, sinceMs: Number.NEGATIVE_INFINITY });
    if (outcome !== 'withheld') return outcome;
    if (tries === MOST_TRIES) return leaseLost(deps.world.clock.now());
  }
};

const leaseLost = (finishedAtMs: number): Outcome => ({
  kind: 'failed',
  finishedAtMs,
  error: { code: 'LEASE_LOST', message: 'the engine could no longer be sure of its claim, so it did not call' },
});

/**
 * How long after a claim its call may go out without a look at the log. An edit waits this long before it is answered
 * (bind-definition.ts), so no answered edit is missed.
 */
const CLAIM_FRESH_MS = LONGEST_AHEAD_MS - 100;

const callOnce = async (
  deps: ExecuteDeps,
  job: EngineJob,
  { claim, sinceMs, completionToken }: HeldClaim,
): Promise<Outcome | 'withheld' | undefined> => {
  const { world, leaseHeldSince } = deps;
  const { monotonic } = world.clock;
  let sureUntilMs = sinceMs + CLAIM_FRESH_MS;
  // The commands that change a job wait for the slots that were claimed ahead, and for no other calls.
  const mustRead = !isFirstOfSlot(claim) || !leaseHeldSince(sinceMs) || monotonic() >= sureUntilMs;
  if (mustRead) {
    // Counted from before the read: a late answer shows the tail as it was when the read began.
    sureUntilMs = monotonic() + CALLED_AFTER_LOOK_MS;
    if (openUnder(await readTail(deps, job, deps.calls.signal), claim) === undefined) return undefined;
  }
  const known = await newestDefinition(deps, job, claim);
  if (known === undefined) {
    return supersededFor(claim, deps.parking.holds(job) ? 'parked' : 'editedByNewer', world.clock.now());
  }
  const superseded = supersededBy(deps, known, claim);
  if (superseded !== undefined) return superseded;
  const definition = await definitionFor(deps, claim, known);
  let closed = closedOff(deps, { job, claim });
  if (closed !== undefined) return closed;
  const cancelled = openUnder(job.runs, claim)?.cancelRequested;
  if (cancelled !== undefined) return cancelledUncalled(claim, cancelled.why, world.clock.now());
  const { jobId, executionId, attempt, trigger, scheduledAt } = claim;
  const named = { jobId, jobName: definition.name, executionId, attempt, trigger };
  world.log.info({ ...named, scheduledAt }, 'scheduler: job execution started');
  const { signal, end } = deps.calls.begin(claim);
  try {
    const outcome = await deps.runTask({
      claim,
      definition,
      completionToken,
      values: () => deps.newestValues(definition.applicationId),
      signal,
      mayStillCall: (origin) => {
        closed = closedOff(deps, { job, claim }, origin);
        const may = closed === undefined && monotonic() < sureUntilMs && (mustRead || leaseHeldSince(sinceMs));
        if (may && job.rules.limit !== undefined) deps.limits.sent(claim);
        return may;
      },
    });
    if (outcome === 'withheld') return closed ?? outcome;
    world.log.info({ ...named, ...toldOf(outcome) }, `scheduler: job execution ${outcome.kind}`);
    return outcome;
  } finally {
    end();
  }
};

/** What the log line says of how a call ended: the status is that of the target's answer, if there was one. */
const toldOf = (outcome: Outcome): { durationMs?: number; status?: number; code?: string } => {
  const { startedAtMs = outcome.calledAtMs, finishedAtMs } = outcome;
  const duration = startedAtMs === undefined ? {} : { durationMs: finishedAtMs - startedAtMs };
  switch (outcome.kind) {
    case 'succeeded':
      return { ...duration, status: outcome.result.status };
    case 'accepted':
      return { ...duration, status: ACCEPTED };
    case 'failed':
      return { ...duration, ...(outcome.result && { status: outcome.result.status }), code: outcome.error.code };
    case 'cancelled':
      return { ...duration, code: outcome.error.code };
  }
};
const ACCEPTED = 202;

/**
 * The definition at the newest revision known, or a later one. Reads it again if a late answer brought an older one.
 * @returns undefined if only a newer release can read the definition, or if nobody can
 */
const newestDefinition = async (
  deps: ExecuteDeps,
  job: EngineJob,
  { jobId, ...claim }: Claim,
): Promise<KnownDefinition | undefined> => {
  for (let reads = 0; reads < MOST_READS && !deps.parking.holds(job); reads++) {
    const jobRevision = Math.max(claim.jobRevision, job.jobRevision, job.runs.jobRevision);
    const known = deps.definitions.get(jobId);
    if (known !== undefined && known.revision >= jobRevision) return known;
    await readSurely(deps.world, () => deps.definitions.fetch([{ jobId, jobRevision }]), { signal: deps.calls.signal });
    if (reads > 0) await deps.world.timers.sleep(READ_AGAIN_MS, deps.calls.signal);
  }
  return undefined;
};
const MOST_READS = 5;
const READ_AGAIN_MS = 200;
