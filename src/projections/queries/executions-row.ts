import { sql } from 'slonik';
import { z } from 'zod';
import {
  CallResult,
  EXECUTION_STATUSES,
  ExecutionError,
  JobSnapshot,
  LateReason,
  Trigger,
} from '../../domain/events/index.ts';
import { Instant } from '../../domain/values.ts';
import type { AttemptView, ExecutionView } from './port/executions.ts';
import { bigint, instant, json } from './row.ts';

const Attempt = z.object({
  attempt: z.int(),
  startedAt: Instant.nullable(),
  finishedAt: Instant,
  error: ExecutionError,
});

export const ExecutionRow = z.object({
  id: bigint,
  job_id: bigint,
  application_id: bigint,
  status: z.enum(EXECUTION_STATUSES),
  trigger: Trigger,
  attempt: z.int(),
  scheduled_at: instant,
  created_at: instant,
  created_by: z.string().nullable(),
  labels: json.pipe(z.record(z.string(), z.string())).nullable(),
  started_at: instant.nullable(),
  attempt_started_at: instant.nullable(),
  attempts: z
    .string()
    .transform((objects) => `[${objects}]`)
    .pipe(json.pipe(z.array(Attempt)))
    .nullable(),
  retry_at: instant.nullable(),
  late: LateReason.nullable(),
  finished_at: instant.nullable(),
  engine_id: z.string().nullable(),
  job_revision: z.int().nullable(),
  rerun_of: bigint.nullable(),
  backfill_id: bigint.nullable(),
  token_hash: z.string().nullable(),
  deadline_at: instant.nullable(),
  heard_at: instant.nullable(),
  progress: json.nullable(),
  job_snapshot: json.pipe(JobSnapshot).nullable(),
  result: json.pipe(CallResult).nullable(),
  error: json.pipe(ExecutionError).nullable(),
});
export type ExecutionRow = z.infer<typeof ExecutionRow>;

export const executionColumns = sql.fragment`
  execution.id, execution.job_id, execution.application_id, execution.status, execution.trigger, execution.attempt,
  execution.scheduled_at, execution.created_at, execution.created_by, execution.labels, execution.started_at,
  execution.attempt_started_at, execution.attempts, execution.retry_at, execution.late, execution.finished_at,
  execution.engine_id, execution.job_revision, execution.rerun_of, execution.backfill_id, execution.token_hash, execution.deadline_at,
  execution.heard_at, execution.progress, execution.job_snapshot, execution.result,
  execution.error`;

export const executionFromRow = (row: ExecutionRow): ExecutionView => ({
  id: row.id,
  jobId: row.job_id,
  applicationId: row.application_id,
  status: row.status,
  trigger: row.trigger,
  scheduledAt: row.scheduled_at,
  startedAt: startedAtOf(row),
  ...(row.late === null ? {} : { late: row.late }),
  finishedAt: row.finished_at,
  createdAt: row.created_at,
  ...(row.created_by === null ? {} : { createdBy: row.created_by }),
  attempt: row.attempt,
  attempts: attemptsOf(row),
  ...(row.retry_at === null ? {} : { retryAt: row.retry_at }),
  ...(row.engine_id === null ? {} : { engineId: row.engine_id }),
  ...(row.job_revision === null ? {} : { jobRevision: row.job_revision }),
  ...(row.rerun_of === null ? {} : { rerunOf: row.rerun_of }),
  ...(row.backfill_id === null ? {} : { backfillId: row.backfill_id }),
  ...(row.token_hash === null ? {} : { tokenHash: row.token_hash }),
  ...(row.deadline_at === null ? {} : { deadlineAt: row.deadline_at }),
  ...(row.heard_at === null ? {} : { heardAt: row.heard_at }),
  ...(row.progress === null ? {} : { progress: row.progress }),
  ...(row.labels === null ? {} : { labels: row.labels }),
  jobSnapshot: row.job_snapshot,
  ...(row.result === null ? {} : { result: row.result }),
  ...(row.error === null ? {} : { error: row.error }),
});

/** When the first request was sent; of the first call that is under way, when it was claimed. */
const startedAtOf = (row: ExecutionRow): string | null => {
  const sent = attemptsOf(row).find(({ startedAt }) => startedAt !== null);
  return sent?.startedAt ?? (row.status === 'running' ? lastStartOf(row) : null);
};

const lastStartOf = ({ attempt, started_at: first, attempt_started_at: last }: ExecutionRow): string | null =>
  attempt > 1 ? last : first;

/** The attempts that have ended: those that failed and were made again, and the last one. */
const attemptsOf = (row: ExecutionRow): AttemptView[] => {
  const made = row.attempts ?? [];
  const { attempt, finished_at: finishedAt } = row;
  if (finishedAt === null || attempt <= (made.at(-1)?.attempt ?? 0)) return made;
  const startedAt = lastStartOf(row);
  const end = row.error === null ? { status: row.result?.status } : { error: row.error };
  return [...made, { attempt, startedAt, finishedAt, ...end }];
};
