import type { Blackouts } from '../closure/closure.ts';
import { withMovedSlots } from '../closure/shift.ts';
import { EXECUTION_ERROR_CODES, type ExecutionErrorCode } from '../codes/execution-error-codes.ts';
import type { FailureReason } from '../codes/reasons.ts';
import { defined } from '../defined.ts';
import type {
  CallResult,
  EventOf,
  Hooks,
  HttpCallResult,
  JobSnapshot,
  OpenExecution,
  RangeReason,
  RunEvent,
} from '../events/index.ts';
import type { RetryRules, RunRules } from '../job/rules.ts';
import type { JobSlots } from '../schedule/index.ts';
import { toInstant, toMs } from '../values.ts';
import { acceptCall } from './callback.ts';
import { cancellationReason, type JobStatus, type SupersededError } from './cancellation.ts';
import { isHooked } from './hook.ts';
import { type Delay, dueOfMs, lateReason } from './lateness.ts';
import { type Offer, offerWork } from './offer.ts';
import { decideOverlap } from './overlap-decision.ts';
import { executionOf, type JobRef, type SettleResult, settleUntil } from './range.ts';
import { closed, countFailure, openUnder, type Runs, tailOf } from './tail.ts';

/** A target's report about the next attempt: false for none, or a delay in ms that replaces the backoff. */
type ReportedRetry = false | number;

/** The properties of a failed attempt that decide whether it is retried. */
type FailedAttempt = {
  /** Number of the attempt, from 1. */
  readonly attempt: number;
  readonly code: ExecutionErrorCode;
  readonly wasSent: boolean;
  readonly finishedAtMs: number;
  /** When the execution's first attempt started, epoch ms. */
  readonly firstStartedAtMs: number;
  /** Delay requested by the target, ms. */
  readonly retryAfterMs: number | undefined;
  /** The target's report about a retry: none, or its delay in ms. */
  readonly reportedRetry: ReportedRetry | undefined;
  /** Uniform in [0, 1): the part of the backoff that `jitter: full` waits. */
  readonly randomFraction: number;
};

/** When a failed attempt is retried, epoch ms; `undefined` if it is not. */
export const retryAtMs = (failed: FailedAttempt, rules: RetryRules): number | undefined => {
  const { reportedRetry } = failed;
  if (failed.attempt >= rules.maxAttempts || reportedRetry === false) return undefined;
  if (!causesOf(failed).some((cause) => rules.retryOn.includes(cause))) return undefined;
  const pauseMs = reportedRetry ?? Math.max(backoffMs(failed, rules), failed.retryAfterMs ?? 0);
  const atMs = failed.finishedAtMs + pauseMs;
  const { maxElapsedMs } = rules;
  return maxElapsedMs !== undefined && atMs - failed.firstStartedAtMs > maxElapsedMs ? undefined : atMs;
};

const backoffMs = (
  { attempt, randomFraction }: FailedAttempt,
  { initialMs, factor, maxMs, jitter }: RetryRules,
): number => {
  const fullMs = Math.floor(Math.min(initialMs * factor ** (attempt - 1), maxMs));
  return jitter === 'none' ? fullMs : Math.floor(fullMs * randomFraction);
};

type RetryCause = RetryRules['retryOn'][number];

const HTTP_STATUS = /^HTTP_(\d{3})$/;

/** Carillon's own codes of attempts without a sent request that may succeed when retried. */
const UNSENT: ReadonlySet<string> = new Set<ExecutionErrorCode>([
  'ENOTFOUND',
  'EAI_AGAIN',
  'CONNECTION_FAILED',
  'EGRESS_PROXY_FAILED',
  'ACCESS_TOKEN_UNAVAILABLE',
  'ENGINE_STOPPED',
  'LEASE_LOST',
  'ENGINE_LOST',
]);

/** The causes in `retryOn` that match a failure; none if a retry would not help or is not safe. */
const causesOf = ({ code, wasSent }: FailedAttempt): readonly RetryCause[] => {
  const [, status] = HTTP_STATUS.exec(code) ?? [];
  if (status !== undefined) return Number(status) >= 500 ? [Number(status), '5xx'] : [Number(status)];
  if (code === 'OUTCOME_UNKNOWN') return ['unknown', 'timeout'];
  if (code === 'DEADLINE_EXCEEDED' || code === 'HEARTBEAT_LOST') return ['timeout', 'lost'];
  if (code === 'REPORTED_FAILED') return ['reported'];
  if (code === 'WORK_LOST') return ['lost'];
  if (code === 'ETIMEDOUT') return wasSent ? ['timeout', 'unknown'] : ['timeout', 'connect'];
  const isOfConnection = UNSENT.has(code) || !Object.hasOwn(EXECUTION_ERROR_CODES, code);
  // A redirect may lead to an unreachable target after the first one received the request.
  return isOfConnection ? [wasSent ? 'unknown' : 'connect'] : [];
};

const SECONDS = /^\d{1,9}$/;
const HTTP_DATE = /^[A-Z][a-z]{2,8}, .* GMT$/;
/** Maximum delay, whatever the target requests. */
const MAX_RETRY_AFTER_MS = 30 * 24 * 3_600_000;

/**
 * Reads a `Retry-After` header: a number of seconds, or a date.
 * @returns milliseconds from now; `undefined` if the header is invalid
 */
export const readRetryAfter = (header: string | undefined, nowMs: number): number | undefined => {
  if (header === undefined) return undefined;
  const text = header.trim();
  const ms = SECONDS.test(text) ? Number(text) * 1_000 : HTTP_DATE.test(text) ? Date.parse(text) - nowMs : Number.NaN;
  return Number.isNaN(ms) ? undefined : Math.min(Math.max(ms, 0), MAX_RETRY_AFTER_MS);
};

/** Why an execution did not succeed, unless its slot was superseded. */
export type OutcomeError = { readonly code: Exclude<ExecutionErrorCode, 'SUPERSEDED'>; readonly message: string };

/** How an attempt ended, from the view of the engine that ran it. */
export type Outcome<Result extends CallResult = CallResult> = {
  /** When the call was given to its connection, and when its request was sent; absent if it was not. */
  readonly calledAtMs?: number;
  readonly startedAtMs?: number;
  readonly finishedAtMs: number;
  readonly jobSnapshot?: JobSnapshot;
} & (
  | { readonly kind: 'succeeded'; readonly result: Result }
  | {
      readonly kind: 'failed';
      readonly error: OutcomeError;
      readonly result?: Result;
      readonly reason?: FailureReason;
      /** Delay requested by the target, or time until a pause is checked again, ms. */
      readonly retryAfterMs?: number;
      readonly reportedRetry?: ReportedRetry;
    }
  | {
      readonly kind: 'cancelled';
      readonly error: OutcomeError | SupersededError;
      /** The slot was claimed, but a newer definition lacks it: it was not called and is not counted as a run. */
      readonly superseded?: boolean;
    }
  /** The target accepted the call with 202 and will report the result later. */
  | { readonly kind: 'accepted'; readonly startedAtMs: number }
  /** The work was prepared, and is offered by recording this. */
  | { readonly kind: 'offered'; readonly offer: Offer }
);

/** How the call of a request ended. */
export type HttpOutcome = Exclude<Outcome<HttpCallResult>, { kind: 'offered' }>;

type OutcomeInput = {
  readonly job: JobRef;
  readonly execution: { readonly executionId: number; readonly attempt: number; readonly engineId: string };
  readonly outcome: Outcome;
  readonly delay: Delay | undefined;
  readonly rules: RunRules;
  readonly defaultHooks: Hooks;
  readonly status: JobStatus;
  readonly randomFraction: number;
  /** Slots of an enabled job: those due during the run may have been skipped. */
  readonly slots: JobSlots | undefined;
  readonly closures: Blackouts;
};

/**
 * Records how an attempt ended, and the slots that were skipped while it ran. If the job's rules allow a retry, a failed
 * execution stays open and waits. Records nothing if the attempt is no longer open under this engine, so a late outcome
 * never closes another attempt.
 */
export const recordOutcome = (runs: Runs, given: OutcomeInput): RunEvent[] => {
  const ending = withMovedSlots(given);
  const { job, execution, delay, rules, defaultHooks } = ending;
  const open = openUnder(runs, execution);
  if (open === undefined) return [];
  const outcome = outcomeOf(open, ending.outcome, ending.status);
  const dueMs = dueOfMs(open, given.slots);
  if (outcome.kind === 'accepted') return [accepted(runs, { ...ending, open, outcome, dueMs })];
  if (outcome.kind === 'offered') return [offered(runs, { ...ending, open, outcome, dueMs })];
  const { events: skipped, runs: before } = skippedUntil(outcome.finishedAtMs, runs, ending);
  const end = { job, open, outcome, delay, dueMs };
  const retry = retryOf(open, outcome, ending);
  if (retry !== undefined) return [...skipped, attemptFailed({ ...end, runs: before, ...retry })];
  const wasCounted = outcome.kind === 'cancelled' && outcome.superseded && !open.uncounted;
  const counted = wasCounted ? { ...before, runs: before.runs - 1 } : before;
  const after = countFailure(closed(counted, open.executionId), outcome.kind, rules);
  const hasHook = isHooked(outcome.kind, { own: rules, defaults: defaultHooks });
  return [...skipped, ended({ ...end, runs: after }, hasHook)];
};

type FailedOutcome = Extract<Outcome, { kind: 'failed' }>;
type Retry = {
  readonly outcome: FailedOutcome;
  readonly retryAtMs: number;
  readonly firstStartedAtMs: number | undefined;
};

/** When an attempt is retried; `undefined` if its outcome is final. */
const retryOf = (
  open: OpenExecution,
  outcome: Outcome,
  { rules, status, randomFraction }: OutcomeInput,
): Retry | undefined => {
  if (outcome.kind !== 'failed' || cancellationReason(status, open) !== undefined) return undefined;
  const { startedAtMs, calledAtMs, finishedAtMs, retryAfterMs, reportedRetry, error } = outcome;
  const firstStartedAtMs =
    open.firstStartedAt === undefined
      ? (startedAtMs ?? calledAtMs ?? Math.max(dueOfMs(open, undefined), toMs(open.createdAt)))
      : toMs(open.firstStartedAt);
  // A paused attempt made no call and is retried after the pause, regardless of the rules.
  if (error.code === 'PAUSED') {
    const knownMs = open.firstStartedAt === undefined ? undefined : firstStartedAtMs;
    return { outcome, retryAtMs: finishedAtMs + (retryAfterMs ?? 0), firstStartedAtMs: knownMs };
  }
  const failed = { attempt: open.attempt, code: error.code, wasSent: startedAtMs !== undefined, finishedAtMs };
  const atMs = retryAtMs({ ...failed, firstStartedAtMs, retryAfterMs, reportedRetry, randomFraction }, rules.retry);
  return atMs === undefined ? undefined : { outcome, retryAtMs: atMs, firstStartedAtMs };
};

const attemptFailed = (input: EndInput & Retry): EventOf<'ExecutionAttemptFailed'> => {
  const { open, outcome } = input;
  // The token and the target's heartbeats belong to the attempt that has ended.
  const { engineId: _, tokenHash: __, acceptedAt: ___, deadlineAt: ____, lastHeartbeatAt: _____, ...others } = open;
  const { worker: ______, takeHash: _______, late: ________, leaseMs: _________, ...kept } = others;
  const retryAt = toInstant(input.retryAtMs);
  const waiting: OpenExecution = {
    ...kept,
    state: 'pending',
    retryAt,
    ...(input.firstStartedAtMs === undefined ? {} : { firstStartedAt: toInstant(input.firstStartedAtMs) }),
  };
  const runs = {
    ...input.runs,
    open: input.runs.open.map((each) => (each.executionId === open.executionId ? waiting : each)),
  };
  return { type: 'ExecutionAttemptFailed', data: { ...endData({ ...input, runs }), ...failureData(outcome), retryAt } };
};

const failureData = ({ error, result, reason }: FailedOutcome) => ({ error, ...defined({ result, reason }) });

type AcceptedInput = OutcomeInput & {
  readonly open: OpenExecution;
  readonly outcome: Extract<Outcome, { kind: 'accepted' }>;
  readonly dueMs: number;
};

const accepted = (runs: Runs, { open, outcome, dueMs, delay, ...input }: AcceptedInput): RunEvent => {
  const { startedAtMs, jobSnapshot } = outcome;
  const late = open.trigger === 'schedule' ? lateReason(dueMs, startedAtMs, delay) : undefined;
  return acceptCall(runs, { ...input, execution: open, call: { startedAtMs, ...defined({ late, jobSnapshot }) } });
};

type OfferedInput = Omit<AcceptedInput, 'outcome'> & { readonly outcome: Extract<Outcome, { kind: 'offered' }> };

const offered = (runs: Runs, { open, outcome, delay, ...input }: OfferedInput): RunEvent => {
  const { offer, finishedAtMs: offeredAtMs } = outcome;
  const isOfSlot = open.trigger === 'schedule' && open.attempt === 1;
  const late = isOfSlot ? lateReason(input.dueMs, offeredAtMs, delay) : undefined;
  return offerWork(runs, { ...input, execution: open, offer, offeredAtMs, late });
};

/**
 * An unsuccessful attempt with a requested cancellation counts as cancelled, whatever ended it. Work is not offered if its
 * job was disabled or deleted while it was prepared.
 */
const outcomeOf = (open: OpenExecution, outcome: Outcome, status: JobStatus): Outcome => {
  const { cancelRequested } = open;
  const { kind, startedAtMs, finishedAtMs, jobSnapshot } = outcome;
  if (kind === 'succeeded' || kind === 'cancelled') return outcome;
  const ofCall = { finishedAtMs, ...defined({ startedAtMs, jobSnapshot }) };
  if (cancelRequested !== undefined) {
    const message = kind === 'offered' ? CANCELLED_UNOFFERED : CANCELLED_UNDER_WAY;
    return { ...ofCall, kind: 'cancelled', error: { code: cancelRequested.reason, message } };
  }
  const error = kind === 'offered' ? cancellationReason(status, open) : undefined;
  if (error === undefined) return outcome;
  const superseded = open.trigger === 'schedule' && open.attempt === 1;
  return { ...ofCall, kind: 'cancelled', superseded, error };
};

const CANCELLED_UNOFFERED = 'it was cancelled before its work was offered';
const CANCELLED_UNDER_WAY = 'it was cancelled during its call: the target may have acted';

/**
 * Skips slots up to an instant if the job's rules do not let them wait. Slots due before the call get the reason of its
 * delay, later ones OVERLAP.
 */
const skippedUntil = (
  untilMs: number,
  runs: Runs,
  { job, slots, closures, rules, delay }: OutcomeInput,
): SettleResult => {
  if (slots === undefined || decideOverlap(runs, rules) !== 'skip') return { events: [], runs };
  const skip = (from: Runs, until: number, reason: RangeReason): SettleResult => {
    // The next slot is needed anyway, and found once for jobs with the same schedule.
    const nextMs = slots.next(from.cursorMs);
    if (nextMs === undefined || slots.dueMs(nextMs) > until) return { events: [], runs: from };
    const lastMs = slots.lastDue(until, from.cursorMs) ?? from.cursorMs;
    const type = 'OccurrencesSkipped';
    return settleUntil({ job, runs: from, slots, closures, rules, nowMs: untilMs, untilMs: lastMs, type, reason });
  };
  // Slots due while it waited for its limit were skipped because it was open.
  const waited =
    delay === undefined || delay.reason === 'LIMIT'
      ? { events: [], runs }
      : skip(runs, Math.min(delay.untilMs, untilMs), delay.reason);
  const overlapped = skip(waited.runs, untilMs, 'OVERLAP');
  return { events: [...waited.events, ...overlapped.events], runs: overlapped.runs };
};

type EndInput = {
  readonly job: JobRef;
  readonly runs: Runs;
  readonly open: OpenExecution;
  readonly outcome: Exclude<Outcome, { kind: 'accepted' | 'offered' }>;
  readonly delay: Delay | undefined;
  readonly dueMs: number;
};

const endData = ({ job, runs, open, outcome, delay, dueMs }: EndInput) => {
  // Only the first attempt can be late: later ones run at their planned time.
  const isOfSlot = open.trigger === 'schedule' && open.attempt === 1;
  const late = isOfSlot ? (open.late ?? lateReason(dueMs, outcome.startedAtMs, delay)) : undefined;
  return {
    ...executionOf(job, open),
    attempt: open.attempt,
    ...(outcome.startedAtMs === undefined ? {} : { startedAt: toInstant(outcome.startedAtMs) }),
    ...(late === undefined ? {} : { late }),
    finishedAt: toInstant(outcome.finishedAtMs),
    ...(outcome.jobSnapshot === undefined ? {} : { jobSnapshot: outcome.jobSnapshot }),
    tail: tailOf(runs),
  };
};

const ended = (input: EndInput, hasHook: boolean): RunEvent => {
  const { outcome } = input;
  const data = endData(input);
  const ofHook = hasHook ? { hasHook } : {};
  switch (outcome.kind) {
    case 'succeeded':
      return { type: 'ExecutionSucceeded', data: { ...data, result: outcome.result, ...ofHook } };
    case 'failed':
      return { type: 'ExecutionFailed', data: { ...data, ...failureData(outcome), ...ofHook } };
    case 'cancelled':
      return { type: 'ExecutionCancelled', data: { ...data, error: outcome.error } };
  }
};

type CancelInput = {
  readonly job: JobRef;
  readonly runs: Runs;
  readonly execution: OpenExecution;
  readonly nowMs: number;
  readonly error: OutcomeError | SupersededError;
};

/** Ends an execution that waits for its first call or next attempt. */
export const cancelled = (input: CancelInput): EventOf<'ExecutionCancelled'> => ({
  type: 'ExecutionCancelled',
  data: {
    ...executionOf(input.job, input.execution),
    attempt: input.execution.attempt,
    ...(input.execution.firstStartedAt === undefined ? {} : { startedAt: input.execution.firstStartedAt }),
    finishedAt: toInstant(input.nowMs),
    error: input.error,
    tail: tailOf(input.runs),
  },
});
