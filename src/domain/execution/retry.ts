import { EXECUTION_ERROR_CODES, type ExecutionErrorCode } from '../codes/execution-error-codes.ts';
import type { RetryRules } from '../job/rules.ts';

/** A target's report about the next attempt: false for none, or a delay in ms that replaces the backoff. */
export type ReportedRetry = false | number;

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

const ANSWERED = /^HTTP_(\d{3})$/;

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
  const [, status] = ANSWERED.exec(code) ?? [];
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
