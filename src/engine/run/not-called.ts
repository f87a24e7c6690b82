import { NO_CLOSURES } from '../../domain/closure/closure.ts';
import type { CancelReason } from '../../domain/events/index.ts';
import { cancellationReason, SUPERSEDED, type SupersededBy } from '../../domain/execution/cancellation.ts';
import type { Outcome } from '../../domain/execution/outcome.ts';
import { openUnder } from '../../domain/execution/tail.ts';
import { scheduleKey, scheduleOf } from '../../domain/schedule/index.ts';
import { toMs } from '../../domain/values.ts';
import { type Backoff, backoffMs } from '../../runtime/retry.ts';
import type { EngineContext } from '../context.ts';
import type { KnownDefinition } from '../jobs/definitions.ts';
import type { EngineJob } from '../jobs/job-records.ts';
import type { Claim } from './open-calls.ts';

/** The outcomes of claims that are not called, for what became known after they were claimed. */

/** Whether an attempt is the first call of a slot: such a one may be late, and an edit may take its slot away. */
export const isFirstOfSlot = ({ trigger, attempt }: Pick<Claim, 'trigger' | 'attempt'>): boolean =>
  trigger === 'schedule' && attempt === 1;

/** The outcome of a claim that a newer definition cancels: it lacks the slot, or the job was disabled or deleted. */
export const supersededBy = (
  { world }: EngineContext,
  { definition, revision, deleted }: KnownDefinition,
  claim: Claim,
): Outcome | undefined => {
  if (revision === claim.jobRevision || (claim.trigger !== 'schedule' && !deleted)) return undefined;
  const finishedAtMs = world.clock.now();
  const isEnabled = definition.enabled && !deleted;
  // A slot that was called before may be called again although an edit has taken it away.
  if (claim.attempt > 1) {
    const error = cancellationReason(deleted ? 'deleted' : isEnabled ? 'enabled' : 'disabled', claim);
    return error && { kind: 'cancelled', finishedAtMs, error };
  }
  const slotMs = toMs(claim.scheduledAt);
  if (isEnabled && scheduleOf(scheduleKey(definition)).next(slotMs - 1) === slotMs) return undefined;
  return supersededFor(claim, deleted ? 'deleted' : isEnabled ? 'edited' : 'disabled', finishedAtMs);
};

export const supersededFor = (claim: Claim, by: SupersededBy, finishedAtMs: number): Outcome => ({
  kind: 'cancelled',
  superseded: isFirstOfSlot(claim),
  finishedAtMs,
  error: SUPERSEDED[by],
});

export const cancelledBeforeCall = (claim: Claim, code: CancelReason, finishedAtMs: number): Outcome => ({
  kind: 'cancelled',
  superseded: isFirstOfSlot(claim),
  finishedAtMs,
  error: { code, message: 'the execution was cancelled before its call' },
});

/**
 * The outcome of a claim that may not be called, since its job was paused meanwhile, or a calendar leaves its slot out:
 * a slot is skipped, anything else waits for the end of the pause.
 * @param origin where the request would go, once that is known
 */
export const recordNotCalled = (
  { world, closures }: EngineContext,
  { job, claim }: { readonly job: EngineJob; readonly claim: Claim },
  origin = job.target,
): Outcome | undefined => {
  const blackouts = closures.closuresOf(job);
  if (blackouts === NO_CLOSURES && !closures.hasPauses()) return undefined;
  const finishedAtMs = world.clock.now();
  const isForced = openUnder(job.runs, claim)?.forced === true;
  const isPaused =
    !isForced && closures.isPaused(origin === job.target ? job : { ...job, target: origin }, finishedAtMs);
  if (isFirstOfSlot(claim)) {
    const dueMs = toMs(claim.dueAt ?? claim.scheduledAt);
    // A slot that was deferred is called now, and one that can move was claimed for an open day.
    const closure = blackouts(dueMs - 1, dueMs).find(
      ({ reason, held }) => held === undefined && (reason === 'PAUSED' || job.rules.calendar?.shift === undefined),
    );
    const reason = isPaused ? 'PAUSED' : closure?.reason;
    return reason && supersededFor(claim, reason === 'PAUSED' ? 'paused' : 'leftOut', finishedAtMs);
  }
  if (!isPaused) return undefined;
  // Where parameters choose the target, only another attempt shows whether the pause has ended.
  const retryAfterMs = origin === job.target ? 0 : backoffMs(claim.attempt, LOOK_AGAIN);
  return { kind: 'failed', finishedAtMs, error: PAUSED, retryAfterMs };
};

const LOOK_AGAIN: Backoff = { firstMs: 5_000, longestMs: 300_000 };
const PAUSED = {
  code: 'PAUSED' as const,
  message: 'the job was paused before this call; the execution continues after the pause',
};

export const leaseLost = (finishedAtMs: number): Outcome => ({
  kind: 'failed',
  finishedAtMs,
  error: {
    code: 'LEASE_LOST',
    message: 'the engine could not confirm that it still owned the execution, so it made no call',
  },
});
