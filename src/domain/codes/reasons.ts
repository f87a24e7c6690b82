import type { NotCalledReason } from '../events/index.ts';
import type { OperationErrorCode } from '../events/operation-events.ts';
import type { LateReason } from '../events/run-events.ts';
import type { WaitCause } from '../execution/pending.ts';
import type { CodeText } from './code-text.ts';

/** Why slots were skipped, missed or called late, or wait for their call, as in docs/reference/codes.md. */
export const SLOT_REASONS = {
  ENGINE_DOWN: {
    meaning: 'No engine was claiming slots when it was due.',
    remedy: 'Check that an engine is running and why it stopped. Run several engines to survive the loss of one.',
  },
  ENGINE_BEHIND: {
    meaning: 'An engine was claiming slots, but claimed this one late.',
    remedy: "Check the engine's load and the log's response times.",
  },
  ENGINE_BUSY: {
    meaning: 'The slot waited because its tenant or target had used its share of calls, or the engine was overloaded.',
    remedy:
      'Speed up the target, spread the slots, or raise the shares: [how-to/engines.md](../how-to/engines.md#fair-sharing-of-calls).',
  },
  PARKED: {
    meaning: "An event of the job couldn't be read, so the job couldn't run.",
    remedy:
      'Start a version that can read it: [how-to/read-models.md](../how-to/read-models.md#events-that-cant-be-read).',
  },
  CONNECTION_SLOW: {
    meaning: 'The engine started the call on time, but the connection to the target was slow.',
    remedy: "Check the target's network and name server.",
  },
  NO_WORKER: {
    meaning: 'The work was offered on time, but no worker took it within 1 second.',
    remedy: 'Start more workers for the queue: `GET /queues` shows the ones that were seen.',
  },
  WORKER: {
    meaning: 'The work is offered, and no worker has taken it yet.',
    remedy: 'Check that workers of its queue are running: `GET /queues` shows the ones that were seen.',
  },
  OVERLAP: {
    meaning: 'Another execution of the same job was running or waiting.',
    remedy: 'Shorten the call, or leave more time between slots.',
  },
  LIMIT: {
    meaning: "The job's limit allowed no further call: too many calls were running or had started recently.",
    remedy: "Raise the application's limit, spread the slots, or shorten the calls.",
  },
  CALENDAR: {
    meaning:
      "The job's calendar excludes the date. If late or missed: a change of its dates moved the slot into the past.",
    remedy: 'None. Check the calendars that the job uses.',
  },
  PAUSED: {
    meaning: 'The job, its application, its target, its tenant or the installation was paused.',
    remedy:
      'None if intended. `GET /pauses` lists the active pauses. Their `catchUp` states which slots are called after the pause.',
  },
  TOO_LATE: {
    meaning: "The slot couldn't be called within `maxLateness` after it was due.",
    remedy: 'Check why slots are late, or allow more time.',
  },
  MAX_RUNS: {
    meaning: 'Before this late slot was called, the job had made all runs that `maxRuns` allows.',
    remedy: 'None.',
  },
  EDITED: { meaning: 'The job was edited before the slot was called.', remedy: 'None.' },
  DISABLED: {
    meaning: 'The job was disabled when the slot was due, or before the slot was called.',
    remedy: 'None if intended. `GET /jobs/{id}/history` shows who disabled the job, when, and why.',
  },
  DELETED: { meaning: 'The job was deleted before the slot was called.', remedy: 'None.' },
  CANCELLED: {
    meaning: "The slot's execution was cancelled before the call.",
    remedy: "None if intended. The execution's `error` states the reason.",
  },
} as const satisfies Record<NotCalledReason | LateReason | WaitCause, CodeText>;

/** Why an execution failed on the engine's side, in `reason` beside `error`. */
export const FAILURE_REASONS = {
  ENGINE_STOPPED: {
    meaning: "The engine was stopped and didn't wait longer for its calls.",
    remedy: 'See `error.code`. Stop engines while few calls are running.',
  },
  ENGINE_LOST: {
    meaning: 'During the call, the engine died or lost its connection to Postgres and the log.',
    remedy: 'See `OUTCOME_UNKNOWN`.',
  },
} as const satisfies Record<string, CodeText>;

export type FailureReason = keyof typeof FAILURE_REASONS;

/** Why a bulk operation failed, as in docs/reference/codes.md. */
export const OPERATION_ERROR_CODES = {
  INTERRUPTED: {
    meaning: 'No process continued the operation for 12 hours, so the rest of it may no longer be wanted.',
    remedy: 'Check what is left to change, and send a bulk operation for it.',
  },
  QUERY_TOO_SLOW: {
    meaning: "The query for the operation's filter took too long.",
    remedy: 'Send it again with a narrower filter.',
  },
} as const satisfies Record<OperationErrorCode, CodeText>;
