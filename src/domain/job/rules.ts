import { z } from 'zod';
import { boundedCache } from '../bounded-cache.ts';
import { type Duration, durationMs } from '../duration.ts';
import { type Retry, RuleFields } from '../events/job-events.ts';
import type { TaskDelivery } from '../tasks/kind.ts';
import { deliveryOf } from '../tasks/kinds.ts';
import { TaskType } from '../tasks/stored.ts';

/** Durations that apply if a definition omits them. */
export const DEFAULT_DURATIONS = { initial: '10s', max: '1h', deadline: '24h' } as const;

/** How long a worker keeps work without a heartbeat, by default. */
const DEFAULT_LEASE = '30s';

/** The rules of a job; its kind of task decides some of the defaults. */
const RuledJob = z.object({ ...RuleFields.shape, taskType: TaskType.optional() });
type RuledJob = z.infer<typeof RuledJob>;

const deliveryIn = ({ taskType }: RuledJob): TaskDelivery => (taskType === undefined ? 'called' : deliveryOf(taskType));
const isOffered = (job: RuledJob): boolean => deliveryIn(job) === 'offered';

const read = (fields: RuledJob) => ({
  delivery: deliveryIn(fields),
  misfire: fields.misfire ?? 'last',
  misfireLimit: fields.misfireLimit ?? 100,
  maxLatenessMs: optionalMs(fields.maxLateness),
  overlap: fields.overlap ?? 'skip',
  jitterMs: durationMs(fields.jitter ?? 0),
  maxRuns: fields.maxRuns,
  afterCompletion: fields.afterCompletion ?? 'keep',
  deleteAfterMs: durationMs(fields.deleteAfter ?? 0),
  calendar: fields.calendar,
  retry: readRetry(fields.retry ?? {}, isOffered(fields) ? RETRIED_WORK : RETRIED_CALLS),
  disableAfter: fields.disableAfter,
  limit: fields.limit,
  completion: fields.completion ?? 'response',
  deadlineMs: durationMs(fields.deadline ?? DEFAULT_DURATIONS.deadline),
  heartbeatTimeoutMs: optionalMs(fields.heartbeatTimeout ?? (isOffered(fields) ? DEFAULT_LEASE : undefined)),
  onFailure: fields.onFailure,
  onSuccess: fields.onSuccess,
});

const RETRIED_CALLS: NonNullable<Retry['retryOn']> = ['connect', 408, 425, 429, '5xx'];
const RETRIED_WORK: NonNullable<Retry['retryOn']> = ['connect', 'reported'];

const readRetry = (
  { maxAttempts = 1, backoff = {}, maxElapsed, retryOn }: Retry,
  byDefault: NonNullable<Retry['retryOn']>,
) => ({
  maxAttempts,
  initialMs: durationMs(backoff.initial ?? DEFAULT_DURATIONS.initial),
  factor: backoff.factor ?? 2,
  maxMs: durationMs(backoff.max ?? DEFAULT_DURATIONS.max),
  jitter: backoff.jitter ?? 'full',
  maxElapsedMs: optionalMs(maxElapsed),
  retryOn: retryOn ?? byDefault,
});

/** When a failed attempt is retried. */
export type RetryRules = Readonly<ReturnType<typeof readRetry>>;

/** The rules for a job's runs, with all defaults. */
export type RunRules = Readonly<ReturnType<typeof read>>;

const optionalMs = (duration: Duration | undefined): number | undefined =>
  duration === undefined ? undefined : durationMs(duration);

/** The rules of a job without any of its own. */
export const DEFAULT_RULES: RunRules = Object.freeze(read({}));

const RULE_FIELDS = RuleFields.keyof().options;

/** Keeps the fields about runs as one text; `undefined` if there are none. */
export const rulesText = (job: RuledJob): string | undefined => {
  const kind = isOffered(job) ? { taskType: job.taskType } : {};
  return isOffered(job) || RULE_FIELDS.some((field) => job[field] !== undefined)
    ? JSON.stringify({ ...kind, ...Object.fromEntries(RULE_FIELDS.map((field) => [field, job[field]])) })
    : undefined;
};

const RULES = 8_192;

/** Parses a text of `rulesText`. Returns the same record for the same text while it is cached. */
export const parseRules: (text: string) => RunRules = boundedCache(RULES, (text: string) =>
  Object.freeze(read(RuledJob.parse(JSON.parse(text)))),
);

/** The rules of a definition: the same record for definitions with the same rules. */
export const rulesOf = (job: RuledJob): RunRules => {
  const text = rulesText(job);
  return text === undefined ? DEFAULT_RULES : parseRules(text);
};
