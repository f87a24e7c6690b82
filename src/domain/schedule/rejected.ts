import type { DomainErrorCode } from '../codes/problem-codes.ts';

/** The code of a rejection, by the field of the job that is wrong. */
const CODES = {
  pattern: 'BAD_PATTERN',
  timezone: 'UNKNOWN_TIMEZONE',
  'schedule/every': 'BAD_SCHEDULE',
} as const satisfies Readonly<Record<string, DomainErrorCode>>;

type RejectedField = keyof typeof CODES;

/** Why a schedule is rejected. The message names the part that is wrong, what is wrong with it, and what is allowed. */
export class ScheduleRejected extends Error {
  override readonly name = 'ScheduleRejected';
  readonly code: (typeof CODES)[RejectedField];
  readonly field: RejectedField;
  constructor(field: RejectedField, message: string) {
    super(message);
    this.field = field;
    this.code = CODES[field];
  }
}

const SHOWN_CHARACTERS = 40;

/** Rejects a pattern because of one of its cron fields. */
export const rejectCronField = (named: { cronField: string; text: string; why: string }): ScheduleRejected => {
  const { cronField, text, why } = named;
  const shown = text.length > SHOWN_CHARACTERS ? `${text.slice(0, SHOWN_CHARACTERS)}…` : text;
  return new ScheduleRejected('pattern', `${cronField} ${JSON.stringify(shown)}: ${why}`);
};
