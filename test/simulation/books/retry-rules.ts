import { z } from 'zod';
import { durationMs } from '../../../src/domain/duration.ts';
import type { EventOf, Retry } from '../../../src/domain/events/index.ts';

/** What a job's rules say of an attempt that failed, reckoned without the product's own code. */

type AnyFailed = EventOf<'ExecutionAttemptFailed' | 'ExecutionFailed'>['data'];

/** When the first attempt of an execution started; one whose request was not sent says so roughly. */
export type FirstStart = { readonly fromMs: number; readonly untilMs: number };

/** The same, if this attempt is the first. */
export const firstStartOf = ({
  startedAt,
  scheduledAt,
  dueAt = scheduledAt,
  createdAt,
  finishedAt,
}: AnyFailed): FirstStart => ({
  fromMs: startedAt === undefined ? Math.max(Date.parse(dueAt), Date.parse(createdAt)) : Date.parse(startedAt),
  untilMs: Date.parse(startedAt ?? finishedAt),
});

export type FailedAttempt = {
  readonly data: AnyFailed;
  readonly firstStart: FirstStart;
  readonly wasSent: boolean;
};

const readBackoff = ({ backoff = {} }: Retry) => ({
  initialMs: durationMs(backoff.initial ?? '10s'),
  factor: backoff.factor ?? 2,
  maxMs: durationMs(backoff.max ?? '1h'),
  isRandom: backoff.jitter !== 'none',
});

/** The longest pause after an attempt. */
const longestPauseMs = ({ attempt }: AnyFailed, retry: Retry): number => {
  const { initialMs, factor, maxMs } = readBackoff(retry);
  return Math.floor(Math.min(initialMs * factor ** (attempt - 1), maxMs));
};

/** How long a target asked to be left alone, ms; in these tests, by a number of seconds. */
const askedOf = ({ result }: AnyFailed): number =>
  result?.taskType === 'HttpInvokerTask' ? Number(result.headers['retry-after'] ?? 0) * 1_000 : 0;

/** What the report of a target says about a retry: its result says the same. */
const reportedRetryOf = ({ error, result }: AnyFailed): number | false | undefined => {
  if (error.code !== 'REPORTED_FAILED') return undefined;
  const { retry } = ReportedResult.parse(result?.data ?? {});
  return typeof retry === 'string' ? durationMs(retry) : retry;
};
const ReportedResult = z.object({ retry: z.union([z.literal(false), z.string()]).optional() });

const causesOf = ({ data: { error, startedAt }, wasSent }: FailedAttempt): (string | number)[] => {
  const status = Number(/^HTTP_(\d+)$/.exec(error.code)?.[1]);
  if (status >= 400) return status >= 500 ? [status, '5xx'] : [status];
  if (error.code === 'OUTCOME_UNKNOWN') return ['unknown', 'timeout'];
  if (['DEADLINE_EXCEEDED', 'HEARTBEAT_LOST'].includes(error.code)) return ['timeout', 'lost'];
  if (error.code === 'WORK_LOST') return ['lost'];
  if (error.code === 'ENGINE_LOST') return ['connect'];
  if (error.code === 'REPORTED_FAILED') return ['reported'];
  if (error.code === 'ETIMEDOUT') return ['timeout', startedAt === undefined ? 'connect' : 'unknown'];
  return ['CONNECTION_FAILED', 'ENGINE_STOPPED', 'LEASE_LOST'].includes(error.code) && !wasSent ? ['connect'] : [];
};

const DEFAULT_CAUSES: NonNullable<Retry['retryOn']> = ['connect', 408, 425, 429, '5xx'];

/** Why an attempt is not made again, or not when it is told to be; undefined where all is well. */
export const mayNotRetry = (failed: FailedAttempt, retry: Retry): string | undefined => {
  const { data, firstStart } = failed;
  if (!('retryAt' in data)) return 'it tells no time';
  // It called nothing, and waits for the end of a pause, whatever the rules say.
  if (data.error.code === 'PAUSED') return failed.wasSent ? 'it was called in a pause' : undefined;
  const { maxAttempts = 1, retryOn = DEFAULT_CAUSES, maxElapsed } = retry;
  if (data.attempt >= maxAttempts) return `only ${maxAttempts} may be made`;
  if (!retryOn.some((cause) => causesOf(failed).includes(cause))) return `${data.error.code} is no cause for it`;
  const reportedRetry = reportedRetryOf(data);
  if (reportedRetry === false) return 'its target asked for no retry';
  const retryMs = Date.parse(data.retryAt);
  const pauseMs = retryMs - Date.parse(data.finishedAt);
  const [leastMs, mostMs] = pauseBounds(data, retry);
  if (pauseMs < leastMs || pauseMs > mostMs) return `not after ${pauseMs} ms`;
  if (maxElapsed !== undefined && retryMs - firstStart.untilMs > durationMs(maxElapsed))
    return `${maxElapsed} are over`;
  return undefined;
};

/** The shortest and the longest pause that may follow an attempt, ms. */
const pauseBounds = (data: AnyFailed, retry: Retry): readonly [leastMs: number, mostMs: number] => {
  const reportedRetry = reportedRetryOf(data);
  if (typeof reportedRetry === 'number') return [reportedRetry, reportedRetry];
  const longestMs = longestPauseMs(data, retry);
  const askedMs = askedOf(data);
  return [Math.max(readBackoff(retry).isRandom ? 0 : longestMs, askedMs), Math.max(longestMs, askedMs)];
};

/** Whether an attempt has to be made again, whatever pause was drawn. */
export const mustRetry = (failed: FailedAttempt, retry: Retry): boolean => {
  const { data, firstStart } = failed;
  const [, pauseMs] = pauseBounds(data, retry);
  const retryAt = new Date(Date.parse(data.finishedAt) + pauseMs).toISOString();
  const earliest = { ...firstStart, untilMs: firstStart.fromMs };
  return mayNotRetry({ ...failed, firstStart: earliest, data: { ...data, retryAt } }, retry) === undefined;
};
