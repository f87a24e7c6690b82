import { isDeepStrictEqual } from 'node:util';
import { rejectField, rejectFields } from '../../domain/domain-error.ts';
import { onceAt, type RuleFields, type ScheduleFields } from '../../domain/events/index.ts';
import { compileSchedule, ScheduleRejected } from '../../domain/schedule/index.ts';
import { toInstant, toMs } from '../../domain/values.ts';

/** What a job or a change says about when the job is due. */
export type GivenSchedule = Omit<ScheduleFields, 'scheduleSince'> & Pick<RuleFields, 'maxRuns'>;

/** Any instant will do: a schedule can be kept or not, whatever its interval is counted from. */
const ANY_TIME = toInstant(0);

/** Rejects a job that has no schedule, or two. */
export const rejectNoSchedule = (): never => {
  const message = 'give either pattern or schedule';
  throw rejectFields('BAD_SCHEDULE', [
    { pointer: '/pattern', message },
    { pointer: '/schedule', message },
  ]);
};

/** @throws DomainError BAD_SCHEDULE, BAD_PATTERN, UNKNOWN_TIMEZONE, BAD_RANGE naming the fields */
export const checkSchedule = (given: GivenSchedule): void => {
  const { pattern, schedule, startAt, endAt } = given;
  if ((pattern === undefined) === (schedule === undefined)) rejectNoSchedule();
  if (startAt !== undefined && endAt !== undefined && endAt <= startAt) {
    throw rejectField('BAD_RANGE', '/endAt', 'must be after startAt');
  }
  checkWithin(given);
  const rejected = rejectedSchedule(given);
  if (rejected === undefined) return;
  const { code, field, message } = rejected;
  // The zone is checked before the pattern, which can be wrong beside it.
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
 * Rejects a schedule of one instant that has passed. Only a schedule that is new is checked: the job of one that took
 * place may be changed in other ways.
 * @throws DomainError BAD_SCHEDULE
 */
export const checkAhead = (given: Pick<GivenSchedule, 'schedule'>, nowMs: number): void => {
  if (!hasPassed(given, nowMs)) return;
  throw rejectField('BAD_SCHEDULE', '/schedule/at', `has passed: it is ${toInstant(nowMs)} now`);
};

/** Whether a schedule is of one instant, and that has passed. */
export const hasPassed = ({ schedule }: Pick<GivenSchedule, 'schedule'>, nowMs: number): boolean => {
  const at = onceAt(schedule);
  return at !== undefined && toMs(at) <= nowMs;
};

const FIELDS = ['pattern', 'schedule', 'timezone', 'startAt', 'endAt', 'maxRuns'] as const;

/** Whether two definitions have the same schedule, so that a change from one to the other does not start it anew. */
export const sameSchedule = (one: GivenSchedule, other: GivenSchedule): boolean =>
  FIELDS.every((field) => isDeepStrictEqual(one[field], other[field]));
