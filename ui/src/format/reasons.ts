/** Why a slot was not called or was late, in a sentence. Remedies are in docs/reference/codes.md. */
const REASONS: Readonly<Record<string, string>> = {
  ENGINE_DOWN: 'No engine was claiming slots.',
  ENGINE_BEHIND: 'The engine claimed it late.',
  ENGINE_BUSY: 'It waited for call capacity.',
  PARKED: "This version can't read an event of the job.",
  CONNECTION_SLOW: 'The connection to the target was slow.',
  OVERLAP: 'Another execution of the job was open.',
  LIMIT: "The job's limit was reached.",
  CALENDAR: 'A calendar of the job excludes this date, or its change moved the slot into the past.',
  PAUSED: 'The job was paused.',
  TOO_LATE: 'It exceeded the maximum lateness of the job.',
  MAX_RUNS: 'The job had reached its maximum number of runs.',
  EDITED: 'The job was edited before the slot ran.',
  DISABLED: 'The job was disabled.',
  DELETED: 'The job was deleted before the slot ran.',
  CANCELLED: 'A user cancelled it before the call.',
};

export const formatReason = (reason: string | undefined): string =>
  reason === undefined ? '' : (REASONS[reason] ?? reason);

/** The same, with the calendars that exclude a slot if they are known. */
export const formatClosure = (reason: string | undefined, calendars: readonly string[] = []): string =>
  reason !== 'CALENDAR' || calendars.length === 0
    ? formatReason(reason)
    : `Excluded by the ${calendars.length === 1 ? 'calendar' : 'calendars'} ${calendars.join(', ')}.`;
