import type { ExecutionErrorCode } from '../codes/execution-error-codes.ts';
import type { FailureReason } from '../codes/reasons.ts';
import type { CallResult, EventOf, JobSnapshot, OpenExecution, RangeReason, RunEvent } from '../events/index.ts';
import type { Schedule } from '../schedule/index.ts';
import { toInstant, toMs } from '../values.ts';
import { type Delay, lateReason } from './lateness.ts';
import { type JobRef, settleRange } from './range.ts';
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
  /** The schedule of an enabled job, whose slots that came due during the run were skipped. */
  readonly schedule: Schedule | undefined;
};

/**
 * Records how an attempt ended, and the slots that were skipped while it ran. Records nothing if the attempt is no
 * longer open under this engine, so that a late outcome never closes another attempt.
 */
export const recordOutcome = (runs: Runs, ending: OutcomeInput): RunEvent[] => {
  const { job, execution, labels, outcome, delay } = ending;
  const open = openUnder(runs, execution);
  if (open === undefined) return [];
  const { events: skipped, runs: before } = skippedUntil(outcome.finishedAtMs, runs, ending);
  const wasCounted = outcome.kind === 'cancelled' && outcome.superseded && !open.uncounted;
  const counted = wasCounted ? { ...before, runs: before.runs - 1 } : before;
  return [...skipped, ended({ job, runs: closed(counted, open.executionId), open, labels, outcome, delay })];
};

/** Skips slots up to an instant: those due before the call for the reason of its delay, later ones as overlap. */
const skippedUntil = (untilMs: number, runs: Runs, { job, schedule, delay }: OutcomeInput): SkipResult => {
  if (schedule === undefined) return { events: [], runs };
  const skip = (from: Runs, until: number, reason: RangeReason): SkipResult => {
    const skipped = settleRange('OccurrencesSkipped', { job, runs: from, schedule, untilMs: until, reason });
    // The cursor moves only with an event.
    return skipped.events.length > 0 ? skipped : { events: [], runs: from };
  };
  const waited =
    delay === undefined ? { events: [], runs } : skip(runs, Math.min(delay.untilMs, untilMs), delay.reason);
  const overlapped = skip(waited.runs, untilMs, 'OVERLAP');
  return { events: [...waited.events, ...overlapped.events], runs: overlapped.runs };
};

type SkipResult = { readonly events: readonly RunEvent[]; readonly runs: Runs };

type EndInput = {
  readonly job: JobRef;
  readonly runs: Runs;
  readonly open: OpenExecution;
  readonly labels?: Readonly<Record<string, string>> | undefined;
  readonly outcome: Outcome;
  readonly delay: Delay | undefined;
};

const ended = ({ job, runs, open, labels, outcome, delay }: EndInput): RunEvent => {
  const late = open.trigger === 'schedule' ? lateReason(toMs(open.scheduledAt), outcome.startedAtMs, delay) : undefined;
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
