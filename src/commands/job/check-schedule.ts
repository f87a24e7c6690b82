import { isDeepStrictEqual } from 'node:util';
import { rejectField, rejectFields } from '../../domain/domain-error.ts';
import { onceAt, type RuleFields, type ScheduleFields } from '../../domain/events/index.ts';
import { compileSchedule, ScheduleRejected } from '../../domain/schedule/index.ts';
import { toInstant, toMs } from '../../domain/values.ts';

/** The fields of a job or change that determine when the job is due. */
export type GivenSchedule = Omit<ScheduleFields, 'scheduleSince'> & Pick<RuleFields, 'maxRuns'>;

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
export const hasPassed = ({ schedule }: Pick<GivenSchedule, 'schedule'>, nowMs: number): boolean => {
  const at = onceAt(schedule);
  return at !== undefined && toMs(at) <= nowMs;
};

const FIELDS = ['pattern', 'schedule', 'timezone', 'startAt', 'endAt', 'maxRuns'] as const;

/** Returns whether two definitions have the same schedule, so that a change between them does not restart it. */
export const sameSchedule = (one: GivenSchedule, other: GivenSchedule): boolean =>
  FIELDS.every((field) => isDeepStrictEqual(one[field], other[field]));
