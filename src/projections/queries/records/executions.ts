import { z } from 'zod';
import type { ExecutionErrorCode } from '../../../domain/codes/execution-error-codes.ts';
import {
  CallResult,
  EXECUTION_STATUSES,
  ExecutionError,
  JobSnapshot,
  LateReason,
  statusOf,
  Trigger,
} from '../../../domain/events/index.ts';
import { Instant } from '../../../domain/values.ts';
import {
  appended,
  bigint,
  boolean,
  choice,
  instant,
  json,
  onceTrue,
  type RecordChange,
  type RecordSource,
  type RecordView,
  record,
  searchableJson,
  text,
} from '../../record.ts';

/** An ended attempt. */
const Attempt = z.object({
  attempt: z.int(),
  /** When its request was sent; null if none was. */
  startedAt: Instant.nullable(),
  finishedAt: Instant,
  /** The target's response status, if the attempt succeeded. */
  status: z.int().optional(),
  /** Why it did not succeed. */
  error: ExecutionError.optional(),
});
export type AttemptView = z.infer<typeof Attempt>;

/** The end of an execution includes whether and when its last request was sent; if its engine was lost, that is unknown. */
const LOST = 'OUTCOME_UNKNOWN' satisfies ExecutionErrorCode;
type Newer = {
  readonly attempt: number;
  readonly finishedAt: string | undefined;
  readonly errorCode: string | undefined;
};
const saysStart = {
  holds: ({ finishedAt, errorCode }: Newer): boolean => finishedAt !== undefined && errorCode !== LOST,
  sql: `incoming.finished_at IS NOT NULL AND incoming.error_code IS DISTINCT FROM '${LOST}'`,
};
const saysFirstStart = {
  holds: (newer: Newer): boolean => newer.attempt <= 1 && saysStart.holds(newer),
  sql: `incoming.attempt <= 1 AND ${saysStart.sql}`,
};

export const executionRecord = record(
  'execution',
  {
    id: bigint(),
    jobId: bigint().sought(),
    applicationId: bigint().sought(),
    tenant: text().sought().inner(),
    /** Pending or running. */
    isOpen: boolean().inner(),
    status: choice(z.enum(EXECUTION_STATUSES)).sought(),
    trigger: choice(Trigger).sought(),
    attempt: bigint(),
    scheduledAt: instant().sought(),
    dueAt: instant().sought().kept().describe('When its slot was due, if a calendar moved it'),
    createdAt: instant(),
    createdBy: text().kept(),
    labels: searchableJson(z.record(z.string(), z.string())).kept(),
    /** When the request of the first attempt was sent; while it runs, or if its engine was lost, when it was claimed. */
    startedAt: instant().sought().keptUnless(saysFirstStart).orNull(),
    /** The same for the last attempt, if it is not the first. */
    attemptStartedAt: instant().keptUnless(saysStart).hidden(),
    /** Oldest first. A row contains attempts that failed and were retried. */
    attempts: appended(Attempt).describe('The ended attempts'),
    retryAt: instant().optional().describe('Time of the next attempt'),
    /** Why a slot was called more than 1 s after its time. */
    late: choice(LateReason).sought().kept(),
    /** It was called for a slot: its first attempt has ended, or its target has accepted the call. */
    called: onceTrue().sought().inner(),
    finishedAt: instant().optional().orNull(),
    engineId: text().kept(),
    /** Revision of the definition at its claim; absent before. */
    jobRevision: bigint().kept().hidden(),
    /** The execution that it repeats. */
    rerunOf: bigint().kept(),
    /** Revision, in the stream of runs, of the request with the run's input. */
    inputRevision: bigint().kept().hidden(),
    backfillId: bigint().sought().kept(),
    /** Hash of the token of its last attempt. */
    tokenHash: text().kept().hidden(),
    /** The worker that took its work. */
    worker: text().sought().kept(),
    /** When it fails unless its target has reported a result. */
    deadlineAt: instant().kept(),
    /** Time of its target's last heartbeat, and the progress. */
    lastHeartbeatAt: instant().kept(),
    progress: json(z.unknown()).describe('Any JSON value').kept(),
    jobSnapshot: json(JobSnapshot).kept().orNull(),
    result: json(CallResult).optional(),
    error: json(ExecutionError).optional(),
    errorCode: text().sought().optional().inner(),
    /** Words of its code and message, in lower case, separated by spaces. */
    errorWords: text().optional().inner(),
    /** Revision of the last event. A row is written only if its revision is lower. */
    revision: bigint().inner(),
    /** When its first and its newest event were recorded, which determine what is shown as of an instant. */
    firstRecordedAt: instant().sought().first().inner(),
    lastRecordedAt: instant().sought().inner(),
  },
  { key: ['id', 'createdAt', 'isOpen'] },
);

export type ExecutionView = RecordView<typeof executionRecord>;
/** The fields of a job's newest execution. */
export const lastExecution = executionRecord.only('id', 'status', 'trigger', 'scheduledAt', 'startedAt', 'finishedAt');
export type LastExecution = RecordView<typeof lastExecution>;
/** Changes of an execution by a batch of events. */
export type ExecutionChange = RecordChange<typeof executionRecord>;

type ExecutionSource = RecordSource<typeof executionRecord>;

/** Converts a row, or a change with all events of an execution, to the view that queries return. */
export const executionView = (source: ExecutionSource): ExecutionView =>
  executionRecord.view({ ...source, startedAt: startedAtOf(source), attempts: attemptsOf(source) });

type Starts = Pick<
  ExecutionSource,
  'status' | 'attempt' | 'attempts' | 'startedAt' | 'attemptStartedAt' | 'finishedAt'
>;

/** When the first request was sent; for a first running call, when it was claimed. */
export const startedAtOf = (source: Starts): string | null | undefined =>
  attemptsOf(source).find(({ startedAt }) => startedAt !== null)?.startedAt ??
  (source.status === 'running' ? lastStartOf(source) : null);

const lastStartOf = ({ attempt, startedAt, attemptStartedAt }: Starts) => (attempt > 1 ? attemptStartedAt : startedAt);

/** The ended attempts: those that failed and were retried, and the last one. */
const attemptsOf = (source: Starts & Partial<Pick<ExecutionSource, 'error' | 'result'>>): AttemptView[] => {
  const made = source.attempts ?? [];
  const { attempt, finishedAt, error, result } = source;
  if (finishedAt == null || attempt <= (made.at(-1)?.attempt ?? 0)) return made;
  const startedAt = lastStartOf(source) ?? null;
  return [
    ...made,
    { attempt, startedAt, finishedAt, ...(error == null ? { status: statusOf(result ?? undefined) } : { error }) },
  ];
};
