import type { RefusalCode } from '../codes/problem-codes.ts';

/** Why a schedule is refused. The message names the cron field or the zone, what is wrong, and what is allowed. */
export class ScheduleRefused extends Error {
  override readonly name = 'ScheduleRefused';
  readonly code: Extract<RefusalCode, 'BAD_PATTERN' | 'UNKNOWN_TIMEZONE'>;
  /** The field of the job that is wrong. */
  readonly field: 'pattern' | 'timezone';
  constructor(field: 'pattern' | 'timezone', message: string) {
    super(message);
    this.field = field;
    this.code = field === 'pattern' ? 'BAD_PATTERN' : 'UNKNOWN_TIMEZONE';
  }
}

const SHOWN_CHARACTERS = 40;

/** Refuses a pattern because of one of its cron fields. */
export const refuseCronField = (named: { cronField: string; text: string; why: string }): ScheduleRefused => {
  const { cronField, text, why } = named;
  const shown = text.length > SHOWN_CHARACTERS ? `${text.slice(0, SHOWN_CHARACTERS)}…` : text;
  return new ScheduleRefused('pattern', `${cronField} ${JSON.stringify(shown)}: ${why}`);
};
