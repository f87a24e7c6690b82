/** Why a slot was not called, or late, in a sentence. docs/reference/codes.md has what to do. */
const REASONS: Readonly<Record<string, string>> = {
  ENGINE_DOWN: 'No engine was there to claim it.',
  ENGINE_BEHIND: 'The engine was late to claim it.',
  ENGINE_BUSY: 'It waited for a place among the calls.',
  PARKED: 'An event of the job could not be read.',
  CONNECTION_SLOW: 'The connection to the target was slow.',
  OVERLAP: 'Another execution of the job was open.',
  LIMIT: 'The limit that the job names left no room.',
  CALENDAR: 'A calendar of the job leaves this date out.',
  PAUSED: 'The job was paused.',
  TOO_LATE: 'It was later than the job allows.',
  MAX_RUNS: 'The job had made all its runs.',
  EDITED: 'The job was edited before.',
  DISABLED: 'The job was disabled.',
  DELETED: 'The job was deleted before.',
  CANCELLED: 'Somebody cancelled it before the call.',
};

export const formatReason = (reason: string | undefined): string =>
  reason === undefined ? '' : (REASONS[reason] ?? reason);
