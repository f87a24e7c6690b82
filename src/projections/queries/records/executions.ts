import { z } from 'zod';
import type { ExecutionErrorCode } from '../../../domain/codes/execution-error-codes.ts';
import {
  CallResult,
  EXECUTION_STATUSES,
  ExecutionError,
  JobSnapshot,
  LateReason,
  Trigger,
} from '../../../domain/events/index.ts';
import { Instant } from '../../../domain/values.ts';
import {
  appended,
  bigint,
  boolean,
  choice,
  instant,
  integer,
  json,
  onceTrue,
  type RecordChange,
  type RecordSource,
  type RecordView,
  record,
  searchableJson,
  text,
} from '../../record.ts';

/** An attempt that has ended. */
const Attempt = z.object({
  attempt: z.int(),
  /** When its request was sent; null where none was. */
  startedAt: Instant.nullable(),
  finishedAt: Instant,
  /** The status that the target answered with, where the attempt succeeded. */
  status: z.int().optional(),
  /** Why it did not succeed. */
  error: ExecutionError.optional(),
});
export type AttemptView = z.infer<typeof Attempt>;

/** The end of an execution says if and when its last request was sent; of one whose engine was lost, nobody knows. */
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
    attempt: integer(),
    scheduledAt: instant().sought(),
    createdAt: instant(),
    createdBy: text().kept(),
    labels: searchableJson(z.record(z.string(), z.string())).kept(),
    /** When the request of the first attempt was sent; while it runs, and where its engine was lost, when it was claimed. */
    startedAt: instant().sought().keptUnless(saysFirstStart).orNull(),
    /** The same of the last attempt, where it is not the first. */
    attemptStartedAt: instant().keptUnless(saysStart).hidden(),
    /** Oldest first. A row has those that failed and were made again. */
    attempts: appended(Attempt).describe('The ended attempts'),
    retryAt: instant().optional().describe('Time of the next attempt'),
    /** Why a slot was called more than 1 s after it was due. */
    late: choice(LateReason).sought().kept(),
    /** It was called for a slot: its first attempt has ended, or its target has taken the call. */
    called: onceTrue().sought().inner(),
    finishedAt: instant().optional().orNull(),
    engineId: text().kept(),
    /** Revision of the definition that it was claimed by; absent before. */
    jobRevision: integer().kept().hidden(),
    /** The execution that it repeats. */
    rerunOf: bigint().kept(),
    /** Revision, in the stream of runs, of the request that has what this run sends in place of what the job says. */
    inputRevision: integer().kept().hidden(),
    /** The backfill that it is of. */
    backfillId: bigint().sought().kept(),
    /** Of the token of its last attempt. */
    tokenHash: text().kept().hidden(),
    /** When it fails unless its target has said how it ended. */
    deadlineAt: instant().kept(),
    /** When its target was last heard of, and how far it was. */
    lastHeartbeatAt: instant().kept(),
    progress: json(z.unknown()).describe('Any JSON value').kept(),
    jobSnapshot: json(JobSnapshot).kept().orNull(),
    result: json(CallResult).optional(),
    error: json(ExecutionError).optional(),
    errorCode: text().sought().optional().inner(),
    /** Of its code and its message, in lower case, with spaces between them. */
    errorWords: text().optional().inner(),
    /** Of the last event. A row is written only if its revision is lower. */
    revision: integer().inner(),
    /** When its first and its newest event were recorded: what is shown as of an instant goes by these. */
    firstRecordedAt: instant().sought().first().inner(),
    lastRecordedAt: instant().sought().inner(),
  },
  { key: ['id', 'createdAt', 'isOpen'] },
);

export type ExecutionView = RecordView<typeof executionRecord>;
/** What a job shows of its newest one. */
export const lastExecution = executionRecord.only('id', 'status', 'trigger', 'scheduledAt', 'startedAt', 'finishedAt');
export type LastExecution = RecordView<typeof lastExecution>;
/** The changes that a batch of events makes to an execution. */
export type ExecutionChange = RecordChange<typeof executionRecord>;

type ExecutionSource = RecordSource<typeof executionRecord>;

/** Turns a row, or a change that has all events of an execution, into what queries return. */
export const executionView = (source: ExecutionSource): ExecutionView =>
  executionRecord.view({ ...source, startedAt: startedAtOf(source), attempts: attemptsOf(source) });

type Starts = Pick<
  ExecutionSource,
  'status' | 'attempt' | 'attempts' | 'startedAt' | 'attemptStartedAt' | 'finishedAt'
>;

/** When the first request was sent; of the first call that is under way, when it was claimed. */
export const startedAtOf = (source: Starts): string | null | undefined =>
  attemptsOf(source).find(({ startedAt }) => startedAt !== null)?.startedAt ??
  (source.status === 'running' ? lastStartOf(source) : null);

const lastStartOf = ({ attempt, startedAt, attemptStartedAt }: Starts) => (attempt > 1 ? attemptStartedAt : startedAt);

/** The attempts that have ended: those that failed and were made again, and the last one. */
const attemptsOf = (source: Starts & Partial<Pick<ExecutionSource, 'error' | 'result'>>): AttemptView[] => {
  const made = source.attempts ?? [];
  const { attempt, finishedAt, error, result } = source;
  if (finishedAt == null || attempt <= (made.at(-1)?.attempt ?? 0)) return made;
  const startedAt = lastStartOf(source) ?? null;
  return [...made, { attempt, startedAt, finishedAt, ...(error == null ? { status: result?.status } : { error }) }];
};
