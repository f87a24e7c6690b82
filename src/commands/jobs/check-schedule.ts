import { refuseField } from '../../domain/refusal.ts';
import { compileSchedule, ScheduleRefused } from '../../domain/schedule/index.ts';

type ScheduleFields = {
  readonly pattern: string;
  readonly timezone: string;
  readonly startAt?: string | undefined;
  readonly endAt?: string | undefined;
};

/** @throws Refusal BAD_PATTERN, UNKNOWN_TIMEZONE, BAD_SPAN naming the field */
export const checkSchedule = (definition: ScheduleFields): void => {
  const { startAt, endAt } = definition;
  if (startAt !== undefined && endAt !== undefined && endAt <= startAt) {
    throw refuseField('BAD_SPAN', '/endAt', 'must be after startAt');
  }
  try {
    compileSchedule(definition);
  } catch (error) {
    if (error instanceof ScheduleRefused) throw refuseField(error.code, `/${error.field}`, error.message);
    throw error;
  }
};
