import type { NotCalledReason } from '../events/index.ts';
import type { OperationErrorCode } from '../events/operation-events.ts';
import type { LateReason } from '../events/run-events.ts';
import type { CodeText } from './code-text.ts';

/** Why slots were skipped or missed (`reason`) or called late (`late`), as docs/reference/codes.md explains it. */
export const SLOT_REASONS = {
  ENGINE_DOWN: {
    meaning: 'No engine claimed slots when it was due.',
    remedy: 'Check that an engine runs, and why it stopped; several engines bridge the loss of one.',
  },
  ENGINE_BEHIND: {
    meaning: 'An engine claimed slots, but was late to claim this one.',
    remedy: "Look at the engine's load and the log's answer times.",
  },
  ENGINE_BUSY: {
    meaning:
      'It waited because its tenant or its target already had its share of the calls, or the engine had more to do than it could.',
    remedy:
      'Make the target faster, spread the slots, or raise the shares: [how-to/engines.md](../how-to/engines.md#fair-sharing-of-calls).',
  },
  PARKED: {
    meaning: 'Nothing could be done for the job, because an event of it could not be read.',
    remedy:
      'Start a release that can read it: [how-to/read-models.md](../how-to/read-models.md#events-that-cant-be-read).',
  },
  CONNECTION_SLOW: {
    meaning: 'The engine was in time, but the connection to the target was not.',
    remedy: "Look at the target's network and name server.",
  },
  OVERLAP: {
    meaning: 'An execution of the same job was open: under way, or waiting.',
    remedy: 'Make the call shorter, or let more time pass between slots.',
  },
  LIMIT: {
    meaning:
      'The limit that the job names left no room: as many calls as it allows were under way, or had begun lately.',
    remedy: "Raise the application's limit, spread the slots, or make the calls shorter.",
  },
  CALENDAR: {
    meaning: "Its date is among those that the job's calendar leaves out.",
    remedy: 'None. See the calendars that the job names.',
  },
  PAUSED: {
    meaning: 'The job was paused, by itself or with its application, target, tenant or installation.',
    remedy:
      'None where the pause was meant. `GET /pauses` lists those in force, and its `catchUp` says which slots are called once it has ended.',
  },
  TOO_LATE: {
    meaning: 'It could not be called within `maxLateness` after it was due.',
    remedy: 'See why slots are late, or allow them more time.',
  },
  MAX_RUNS: {
    meaning: 'The job had made all runs that `maxRuns` allows before this late slot was called.',
    remedy: 'None.',
  },
  EDITED: { meaning: 'The job was edited before the slot was called.', remedy: 'None.' },
  DISABLED: {
    meaning: 'The job was disabled when the slot was due, or before the slot was called.',
    remedy: 'None if this was intended. `GET /jobs/{id}/history` shows who disabled the job, when, and why.',
  },
  DELETED: { meaning: 'The job was deleted before the slot was called.', remedy: 'None.' },
  CANCELLED: {
    meaning: 'Its execution was cancelled before it was called.',
    remedy: "None where that was meant; the execution's `error` says why.",
  },
} as const satisfies Record<NotCalledReason | LateReason, CodeText>;

/** Why an execution failed on the side of the engine, in `reason` beside `error`. */
export const FAILURE_REASONS = {
  ENGINE_STOPPED: {
    meaning: 'The engine was stopped, and no longer waited for calls.',
    remedy: 'See `error.code`. Stop engines when few calls are under way.',
  },
  ENGINE_LOST: {
    meaning: 'The engine died or lost touch with Postgres and the log while the call was under way.',
    remedy: 'See `OUTCOME_UNKNOWN`.',
  },
} as const satisfies Record<string, CodeText>;

export type FailureReason = keyof typeof FAILURE_REASONS;

/** Why a bulk operation failed, as docs/reference/codes.md explains it. */
export const OPERATION_ERROR_CODES = {
  INTERRUPTED: {
    meaning: 'No process went on with it for 12 hours, so what is left of it may not be wanted any more.',
    remedy: 'See what is left to change, and send a bulk for that.',
  },
  QUERY_TOO_SLOW: {
    meaning: 'It took too long to look up what matches its filter.',
    remedy: 'Send it again with a narrower filter.',
  },
} as const satisfies Record<OperationErrorCode, CodeText>;
