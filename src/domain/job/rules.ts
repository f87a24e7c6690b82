import { boundedCache } from '../bounded-cache.ts';
import { type Duration, durationMs } from '../duration.ts';
import { type Retry, RuleFields } from '../events/job-fields.ts';

/** Durations that apply if a definition omits them. */
export const DEFAULT_DURATIONS = { initial: '10s', max: '1h', deadline: '24h' } as const;

const read = (fields: RuleFields) => ({
  misfire: fields.misfire ?? 'last',
  misfireLimit: fields.misfireLimit ?? 100,
  maxLatenessMs: optionalMs(fields.maxLateness),
  overlap: fields.overlap ?? 'skip',
  jitterMs: durationMs(fields.jitter ?? 0),
  maxRuns: fields.maxRuns,
  afterCompletion: fields.afterCompletion ?? 'keep',
  calendar: fields.calendar,
  retry: readRetry(fields.retry ?? {}),
  disableAfter: fields.disableAfter,
  limit: fields.limit,
  completion: fields.completion ?? 'response',
  deadlineMs: durationMs(fields.deadline ?? DEFAULT_DURATIONS.deadline),
  heartbeatTimeoutMs: optionalMs(fields.heartbeatTimeout),
  onFailure: fields.onFailure,
  onSuccess: fields.onSuccess,
});

const readRetry = ({ maxAttempts = 1, backoff = {}, maxElapsed, retryOn }: Retry) => ({
  maxAttempts,
  initialMs: durationMs(backoff.initial ?? DEFAULT_DURATIONS.initial),
  factor: backoff.factor ?? 2,
  maxMs: durationMs(backoff.max ?? DEFAULT_DURATIONS.max),
  jitter: backoff.jitter ?? 'full',
  maxElapsedMs: optionalMs(maxElapsed),
  retryOn: retryOn ?? ['connect', 408, 425, 429, '5xx'],
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
export const rulesText = (fields: RuleFields): string | undefined =>
  RULE_FIELDS.some((field) => fields[field] !== undefined)
    ? JSON.stringify(Object.fromEntries(RULE_FIELDS.map((field) => [field, fields[field]])))
    : undefined;

const RULES = 8_192;

/** Parses a text of `rulesText`. Returns the same record for the same text while it is cached. */
export const parseRules: (text: string) => RunRules = boundedCache(RULES, (text: string) =>
  Object.freeze(read(RuleFields.parse(JSON.parse(text)))),
);

/** The rules of a definition: the same record for definitions with the same rules. */
export const rulesOf = (fields: RuleFields): RunRules => {
  const text = rulesText(fields);
  return text === undefined ? DEFAULT_RULES : parseRules(text);
};
