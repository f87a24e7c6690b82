import { isDeepStrictEqual } from 'node:util';
import { type FieldError, rejectField, rejectFields } from '../../domain/domain-error.ts';
import { isManual, onceAt, type RuleFields, type ScheduleFields } from '../../domain/events/index.ts';
import { DEFAULT_DURATIONS, type RetryRules, rulesOf } from '../../domain/job/rules.ts';
import { compileSchedule, hasOneTimeOfDay, ScheduleRejected } from '../../domain/schedule/index.ts';
import { deliveryOf } from '../../domain/tasks/kinds.ts';
import type { TaskType } from '../../domain/tasks/stored.ts';
import { toInstant, toMs } from '../../domain/values.ts';

/** The fields of a job or change that determine when the job is due. */
export type GivenSchedule = Omit<ScheduleFields, 'scheduleSince'> & { readonly maxRuns?: RuleFields['maxRuns'] };

/** Any anchor will do: the validity of a schedule does not depend on it. */
const ANY_TIME = toInstant(0);

/** @throws DomainError BAD_SCHEDULE, BAD_PATTERN, UNKNOWN_TIMEZONE, BAD_RANGE naming the fields */
export const checkSchedule = (given: GivenSchedule): void => {
  const { pattern, schedule, startAt, endAt } = given;
  if (pattern !== undefined && schedule !== undefined) {
    const message = 'give either pattern or schedule, or neither for a manual job';
    throw rejectFields('BAD_SCHEDULE', [
      { pointer: '/pattern', message },
      { pointer: '/schedule', message },
    ]);
  }
  if (startAt !== undefined && endAt !== undefined && endAt <= startAt) {
    throw rejectField('BAD_RANGE', '/endAt', 'must be after startAt');
  }
  checkWithin(given);
  const rejected = rejectedSchedule(given);
  if (rejected === undefined) return;
  const { code, field, message } = rejected;
  // The zone is checked before the pattern, and both can be invalid.
  const alsoRejected = field === 'timezone' ? rejectedSchedule({ ...given, timezone: 'UTC' }) : undefined;
  if (alsoRejected === undefined) throw rejectField(code, `/${field}`, message);
  throw rejectFields(code, [
    { pointer: `/${field}`, message },
    { pointer: `/${alsoRejected.field}`, message: alsoRejected.message },
  ]);
};

const rejectedSchedule = (given: GivenSchedule): ScheduleRejected | undefined => {
  try {
    compileSchedule({ ...given, scheduleSince: ANY_TIME });
    return undefined;
  } catch (error) {
    if (error instanceof ScheduleRejected) return error;
    throw error;
  }
};

const checkWithin = ({ schedule, startAt, endAt }: GivenSchedule): void => {
  const at = onceAt(schedule);
  if (at === undefined) return;
  const reject = (field: string, said: string) =>
    rejectFields('BAD_RANGE', [
      { pointer: '/schedule/at', message: `must be ${said}` },
      { pointer: `/${field}`, message: 'excludes the instant of schedule' },
    ]);
  if (startAt !== undefined && at < startAt) throw reject('startAt', 'at or after startAt');
  if (endAt !== undefined && at >= endAt) throw reject('endAt', 'before endAt');
};

/**
 * Rejects a one-time schedule in the past. Checks only new schedules: a completed job can still be changed in other ways.
 * @throws DomainError BAD_SCHEDULE
 */
export const checkAhead = (given: GivenSchedule, nowMs: number): void => {
  if (!hasPassed(given, nowMs)) return;
  throw rejectField('BAD_SCHEDULE', '/schedule/at', `has passed: it is ${toInstant(nowMs)} now`);
};

/** Returns whether a schedule is a single instant in the past. */
export const hasPassed = ({ schedule }: GivenSchedule, nowMs: number): boolean => {
  const at = onceAt(schedule);
  return at !== undefined && toMs(at) <= nowMs;
};

const FIELDS = ['pattern', 'schedule', 'timezone', 'startAt', 'endAt', 'maxRuns'] as const;

/** Returns whether two definitions have the same schedule, so that a change between them does not restart it. */
export const sameSchedule = (one: GivenSchedule, other: GivenSchedule): boolean =>
  FIELDS.every((field) => isDeepStrictEqual(one[field], other[field]));

type RetryCause = RetryRules['retryOn'][number];

export type CheckedFields = RuleFields &
  Pick<ScheduleFields, 'pattern' | 'schedule' | 'startAt' | 'endAt'> & {
    readonly taskType?: TaskType | undefined;
    readonly taskConfig?: object | undefined;
  };

/** Fields that contradict each other, or a field without effect. */
type Contradiction = FieldError & { readonly isIn: (job: CheckedFields) => boolean };

const isOffered = ({ taskType }: CheckedFields): boolean =>
  taskType !== undefined && deliveryOf(taskType) === 'offered';
/** Whether the target reports the result later. */
const isReported = (job: CheckedFields): boolean => job.completion === 'callback' || isOffered(job);

/** What can end an attempt at offered work. */
const CAUSES_OF_WORK: ReadonlySet<RetryCause> = new Set(['connect', 'timeout', 'reported', 'lost']);

const successStatusOf = ({ taskConfig }: CheckedFields): readonly unknown[] =>
  taskConfig !== undefined && 'successStatus' in taskConfig && Array.isArray(taskConfig.successStatus)
    ? taskConfig.successStatus
    : [];

const retriesNothing = ({ retry }: CheckedFields): boolean => (retry?.maxAttempts ?? 1) === 1;

/** Fields about slots, which a manual job does not have. */
const SLOT_FIELDS = ['startAt', 'endAt', 'jitter', 'maxRuns', 'misfire', 'misfireLimit', 'calendar'] as const;

const CONTRADICTIONS: readonly Contradiction[] = [
  ...SLOT_FIELDS.map((field) => ({
    pointer: `/${field}`,
    message: 'needs pattern or schedule: without both, the job runs only on request',
    isIn: (job: CheckedFields) => isManual(job) && job[field] !== undefined,
  })),
  {
    pointer: '/misfireLimit',
    message: 'needs misfire "all"',
    isIn: ({ misfire, misfireLimit }) => misfireLimit !== undefined && misfire !== 'all',
  },
  {
    pointer: '/misfireLimit',
    message: 'has no effect with schedule.at, which has one slot',
    isIn: ({ misfireLimit, schedule }) => misfireLimit !== undefined && onceAt(schedule) !== undefined,
  },
  {
    pointer: '/maxRuns',
    message: 'has no effect with schedule.at, which has one slot',
    isIn: ({ maxRuns, schedule }) => maxRuns !== undefined && onceAt(schedule) !== undefined,
  },
  {
    pointer: '/afterCompletion',
    message: '"delete" needs a job that completes: set maxRuns, endAt or schedule.at',
    isIn: ({ afterCompletion, maxRuns, endAt, schedule }) =>
      afterCompletion === 'delete' && maxRuns === undefined && endAt === undefined && onceAt(schedule) === undefined,
  },
  {
    pointer: '/deleteAfter',
    message: 'needs afterCompletion "delete"',
    isIn: ({ afterCompletion, deleteAfter }) => deleteAfter !== undefined && afterCompletion !== 'delete',
  },
  {
    pointer: '/calendar/exclude',
    message: 'must not contain a calendar that is also in calendar.include',
    isIn: ({ calendar }) => calendar?.exclude?.some((name) => calendar.include?.includes(name)) === true,
  },
  {
    pointer: '/calendar/shift',
    message:
      'needs a schedule with one time of day: a pattern with one hour and one minute, such as "0 9 25 * *", or an interval in d, w or mo',
    isIn: (job) => job.calendar?.shift !== undefined && !isManual(job) && !hasOneTimeOfDay(job),
  },
  {
    pointer: '/jitter',
    message: 'must be omitted with calendar.shift, which keeps the time of day',
    isIn: ({ calendar, jitter }) => calendar?.shift !== undefined && jitter !== undefined,
  },
  {
    pointer: '/retry/backoff',
    message: 'needs retry.maxAttempts above 1',
    isIn: (job) => job.retry?.backoff !== undefined && retriesNothing(job),
  },
  {
    pointer: '/retry/maxElapsed',
    message: 'needs retry.maxAttempts above 1',
    isIn: (job) => job.retry?.maxElapsed !== undefined && retriesNothing(job),
  },
  {
    pointer: '/retry/retryOn',
    message: 'needs retry.maxAttempts above 1',
    isIn: (job) => job.retry?.retryOn !== undefined && retriesNothing(job),
  },
  {
    pointer: '/retry/backoff/max',
    message: `must not be shorter than retry.backoff.initial (by default ${DEFAULT_DURATIONS.initial})`,
    isIn: (job) => job.retry?.backoff?.max !== undefined && pausesShrink(job),
  },
  {
    pointer: '/retry/backoff/initial',
    message: `must not be longer than retry.backoff.max (by default ${DEFAULT_DURATIONS.max})`,
    isIn: (job) => job.retry?.backoff?.max === undefined && pausesShrink(job),
  },
  {
    pointer: '/retry/maxElapsed',
    message: `must not be shorter than retry.backoff.initial (by default ${DEFAULT_DURATIONS.initial})`,
    isIn: (job) => {
      const { initialMs, maxElapsedMs } = rulesOf(job).retry;
      return maxElapsedMs !== undefined && maxElapsedMs < initialMs;
    },
  },
  {
    pointer: '/retry/retryOn',
    message: 'must not contain a status that taskConfig.successStatus counts as success',
    isIn: (job) =>
      job.retry?.retryOn?.some((cause) => typeof cause === 'number' && successStatusOf(job).includes(cause)) === true,
  },
  {
    pointer: '/retry/retryOn',
    message: '"reported" and "lost" need completion "callback"',
    isIn: (job) =>
      !isReported(job) && job.retry?.retryOn?.some((cause) => cause === 'reported' || cause === 'lost') === true,
  },
  {
    pointer: '/retry/retryOn',
    message: `of a worker task can contain only ${[...CAUSES_OF_WORK].join(', ')}`,
    isIn: (job) => isOffered(job) && job.retry?.retryOn?.some((cause) => !CAUSES_OF_WORK.has(cause)) === true,
  },
  {
    pointer: '/completion',
    message: 'has no effect on a worker task: a worker always reports the result',
    isIn: (job) => job.completion !== undefined && isOffered(job),
  },
  {
    pointer: '/deadline',
    message: 'needs completion "callback"',
    isIn: (job) => job.deadline !== undefined && !isReported(job),
  },
  {
    pointer: '/deadline',
    message:
      'is required with completion "callback" and overlap "replace": otherwise a target that never reports would block the job',
    isIn: ({ deadline, completion, overlap }) =>
      completion === 'callback' && overlap === 'replace' && deadline === undefined,
  },
  {
    pointer: '/heartbeatTimeout',
    message: 'needs completion "callback"',
    isIn: (job) => job.heartbeatTimeout !== undefined && !isReported(job),
  },
  {
    pointer: '/heartbeatTimeout',
    message: `must not be longer than deadline (by default ${DEFAULT_DURATIONS.deadline})`,
    isIn: (job) => {
      const { heartbeatTimeoutMs, deadlineMs } = rulesOf(job);
      return heartbeatTimeoutMs !== undefined && heartbeatTimeoutMs > deadlineMs;
    },
  },
];

const pausesShrink = (job: CheckedFields): boolean => {
  const { initialMs, maxMs } = rulesOf(job).retry;
  return maxMs < initialMs;
};

/**
 * Rejects contradictory rules.
 * @throws DomainError BAD_COMBINATION naming each field
 */
export const checkRules = (job: CheckedFields): void => {
  const errors = CONTRADICTIONS.filter(({ isIn }) => isIn(job)).map(({ pointer, message }) => ({ pointer, message }));
  if (errors.length > 0) throw rejectFields('BAD_COMBINATION', errors);
};
