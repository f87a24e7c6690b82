import type { ExecutionErrorCode } from '../codes/execution-error-codes.ts';
import type { FailureReason } from '../codes/reasons.ts';
import type { CallResult, EventOf, JobSnapshot, OpenExecution, RangeReason, RunEvent } from '../events/index.ts';
import type { RunRules } from '../job/rules.ts';
import type { JobSlots } from '../schedule/index.ts';
import { toInstant, toMs } from '../values.ts';
import type { Closures } from './closures.ts';
import { type Delay, lateReason } from './lateness.ts';
import { type JobRef, type Settled, settleUntil } from './range.ts';
import { roomFor } from './room.ts';
import { closed, openUnder, type Runs, tailOf } from './tail.ts';

/** Why an execution did not succeed. */
export type OutcomeError = { readonly code: ExecutionErrorCode; readonly message: string };

/** How an attempt ended, as seen by the engine that ran it. */
export type Outcome = {
  /** When the call was handed to its connection, and when its request was sent; absent where it never was. */
  readonly calledAtMs?: number;
  readonly startedAtMs?: number;
  readonly finishedAtMs: number;
  readonly jobSnapshot?: JobSnapshot;
} & (
  | { readonly kind: 'succeeded'; readonly result: CallResult }
  | {
      readonly kind: 'failed';
      readonly error: OutcomeError;
      readonly result?: CallResult;
      readonly reason?: FailureReason;
    }
  | {
      readonly kind: 'cancelled';
      readonly error: OutcomeError;
      /** The slot was claimed, but a newer definition lacks it: it was never called, and does not count as a run. */
      readonly superseded?: boolean;
    }
);

type OutcomeInput = {
  readonly job: JobRef;
  readonly execution: { readonly executionId: number; readonly attempt: number; readonly engineId: string };
  readonly labels?: Readonly<Record<string, string>> | undefined;
  readonly outcome: Outcome;
  readonly delay: Delay | undefined;
  readonly rules: RunRules;
  /** The slots of an enabled job: those that came due during the run may have been skipped. */
  readonly slots: JobSlots | undefined;
  readonly closures: Closures;
};

/**
 * Records how an attempt ended, and the slots that were skipped while it ran. Records nothing if the attempt is no
 * longer open under this engine, so that a late outcome never closes another attempt.
 */
export const recordOutcome = (runs: Runs, ending: OutcomeInput): RunEvent[] => {
  const { job, execution, labels, delay } = ending;
  const open = openUnder(runs, execution);
  if (open === undefined) return [];
  const outcome = outcomeOf(open, ending.outcome);
  const { events: skipped, runs: before } = skippedUntil(outcome.finishedAtMs, runs, ending);
  const wasCounted = outcome.kind === 'cancelled' && outcome.superseded && !open.uncounted;
  const counted = wasCounted ? { ...before, runs: before.runs - 1 } : before;
  const slotMs = toMs(open.scheduledAt);
  const dueMs = ending.slots?.dueMs(slotMs) ?? slotMs;
  return [...skipped, ended({ job, runs: closed(counted, open.executionId), open, labels, outcome, delay, dueMs })];
};

/** An attempt that did not succeed after it was to be cancelled is cancelled, whatever else ended it. */
const outcomeOf = ({ cancelRequested }: OpenExecution, outcome: Outcome): Outcome => {
  if (cancelRequested === undefined || outcome.kind !== 'failed') return outcome;
  const { result: _, reason: __, ...ended } = outcome;
  return { ...ended, kind: 'cancelled', error: { code: cancelRequested.why, message: CANCELLED_UNDER_WAY } };
};
const CANCELLED_UNDER_WAY = 'it was cancelled while its call was under way: whether the target acted is not known';

/**
 * Skips slots up to an instant where the job's rules do not let them wait: those due before the call for the reason of
 * its delay, later ones as overlap.
 */
const skippedUntil = (untilMs: number, runs: Runs, { job, slots, closures, rules, delay }: OutcomeInput): Settled => {
  if (slots === undefined || roomFor(runs, rules) !== 'skip') return { events: [], runs };
  const skip = (from: Runs, until: number, reason: RangeReason): Settled =>
    settleUntil({
      job,
      runs: from,
      slots,
      closures,
      untilMs: slots.lastDue(until, from.cursorMs) ?? from.cursorMs,
      type: 'OccurrencesSkipped',
      reason,
    });
  const waited =
    delay === undefined ? { events: [], runs } : skip(runs, Math.min(delay.untilMs, untilMs), delay.reason);
  const overlapped = skip(waited.runs, untilMs, 'OVERLAP');
  return { events: [...waited.events, ...overlapped.events], runs: overlapped.runs };
};

type EndInput = {
  readonly job: JobRef;
  readonly runs: Runs;
  readonly open: OpenExecution;
  readonly labels?: Readonly<Record<string, string>> | undefined;
  readonly outcome: Outcome;
  readonly delay: Delay | undefined;
  readonly dueMs: number;
};

const ended = ({ job, runs, open, labels, outcome, delay, dueMs }: EndInput): RunEvent => {
  const late = open.trigger === 'schedule' ? lateReason(dueMs, outcome.startedAtMs, delay) : undefined;
  const data = {
    ...executionOf(job, open, labels),
    attempt: open.attempt,
    ...(outcome.startedAtMs === undefined ? {} : { startedAt: toInstant(outcome.startedAtMs) }),
    ...(late === undefined ? {} : { late }),
    finishedAt: toInstant(outcome.finishedAtMs),
    ...(outcome.jobSnapshot === undefined ? {} : { jobSnapshot: outcome.jobSnapshot }),
    tail: tailOf(runs),
  };
  switch (outcome.kind) {
    case 'succeeded':
      return { type: 'ExecutionSucceeded', data: { ...data, result: outcome.result } };
    case 'failed':
      return {
        type: 'ExecutionFailed',
        data: {
          ...data,
          error: outcome.error,
          ...(outcome.result === undefined ? {} : { result: outcome.result }),
          ...(outcome.reason === undefined ? {} : { reason: outcome.reason }),
        },
      };
    case 'cancelled':
      return { type: 'ExecutionCancelled', data: { ...data, error: outcome.error } };
  }
};

/** The fields that every event of an execution has. */
export const executionOf = (
  job: JobRef,
  open: OpenExecution,
  labels: Readonly<Record<string, string>> | undefined,
) => ({
  ...job,
  executionId: open.executionId,
  trigger: open.trigger,
  scheduledAt: open.scheduledAt,
  createdAt: open.createdAt,
  ...(open.createdBy === undefined ? {} : { createdBy: open.createdBy }),
  ...(labels === undefined ? {} : { labels: { ...labels } }),
  ...(open.rerunOf === undefined ? {} : { rerunOf: open.rerunOf }),
  ...(open.definitionRevision === undefined ? {} : { definitionRevision: open.definitionRevision }),
});

type CancelInput = {
  readonly job: JobRef;
  /** The runs without it. */
  readonly runs: Runs;
  readonly execution: OpenExecution;
  readonly labels?: Readonly<Record<string, string>> | undefined;
  readonly nowMs: number;
  readonly code: ExecutionErrorCode;
  readonly message: string;
};

/** Ends an execution that was never called. */
export const cancelled = (input: CancelInput): EventOf<'ExecutionCancelled'> => ({
  type: 'ExecutionCancelled',
  data: {
    ...executionOf(input.job, input.execution, input.labels),
    attempt: input.execution.attempt,
    finishedAt: toInstant(input.nowMs),
    error: { code: input.code, message: input.message },
    tail: tailOf(input.runs),
  },
});
