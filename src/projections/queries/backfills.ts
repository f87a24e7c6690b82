import { sql } from 'slonik';
import { z } from 'zod';
import type { RowReaderFor } from '../../db/reader.ts';
import { Reprocess } from '../../domain/events/index.ts';
import { backfillStatus } from './backfill-status.ts';
import { decodeCursor } from './cursor.ts';
import { toListPage } from './page.ts';
import type { BackfillView } from './port/operations.ts';
import type { ListPage, PageRequest } from './port/pages.ts';
import type { Scope } from './port/scope.ts';
import { bigint, count, instant, isId } from './row.ts';
import { isOfBoundJob, visible } from './scope.ts';
import { views } from './views.ts';

const Row = z.object({
  backfill_id: bigint,
  job_id: bigint,
  job_name: z.string().nullable(),
  from_at: instant,
  to_at: instant,
  reprocess: Reprocess,
  parallel: z.int(),
  total: z.int(),
  running: bigint,
  succeeded: bigint,
  failed: bigint,
  cancelled: bigint,
  requested_at: instant,
  requested_by: z.string(),
  reason: z.string().nullable(),
  cancelled_at: instant.nullable(),
  cancelled_by: z.string().nullable(),
});

const columns = sql.fragment`
  backfill.backfill_id, backfill.job_id, backfill.from_at, backfill.to_at, backfill.reprocess, backfill.parallel,
  backfill.total, backfill.requested_at, backfill.requested_by, backfill.reason, backfill.cancelled_at,
  backfill.cancelled_by,
  (SELECT name FROM ${views.jobs} AS job WHERE job.job_id = backfill.job_id) AS job_name,
  progress.running, progress.succeeded, progress.failed, progress.cancelled`;

/** How many executions of each backfill there are. One that waits for its next attempt has begun. */
const progress = sql.fragment`
  CROSS JOIN LATERAL (
    SELECT count(*) FILTER (WHERE status IN ('pending', 'running')) AS running,
      count(*) FILTER (WHERE status = 'succeeded') AS succeeded,
      count(*) FILTER (WHERE status = 'failed') AS failed,
      count(*) FILTER (WHERE status = 'cancelled') AS cancelled
    FROM ${views.executions} AS execution WHERE execution.backfill_id = backfill.backfill_id
  ) AS progress`;

const toView = (row: z.infer<typeof Row>): BackfillView => {
  const { running, succeeded, failed } = row;
  const left = Math.max(row.total - running - succeeded - failed - row.cancelled, 0);
  const isCancelled = row.cancelled_at !== null;
  const counts = {
    total: row.total,
    waiting: isCancelled ? 0 : left,
    running,
    succeeded,
    failed,
    cancelled: isCancelled ? row.cancelled + left : row.cancelled,
  };
  return {
    id: row.backfill_id,
    jobId: row.job_id,
    ...(row.job_name === null ? {} : { jobName: row.job_name }),
    status: isCancelled ? 'cancelled' : backfillStatus(counts),
    from: row.from_at,
    to: row.to_at,
    reprocess: row.reprocess,
    parallel: row.parallel,
    ...counts,
    ...(row.reason === null ? {} : { reason: row.reason }),
    requestedAt: row.requested_at,
    requestedBy: row.requested_by,
    ...(row.cancelled_at === null ? {} : { cancelledAt: row.cancelled_at }),
    ...(row.cancelled_by === null ? {} : { cancelledBy: row.cancelled_by }),
  };
};

/** Newest first; of all jobs where none is named. @throws BadCursor */
export const listBackfills =
  (readerFor: RowReaderFor) =>
  async (scope: Scope, { limit, cursor }: PageRequest, jobId?: number): Promise<ListPage<BackfillView>> => {
    if (jobId !== undefined && !isId(jobId)) return { items: [], total: 0 };
    const after = cursor === undefined ? undefined : decodeCursor(cursor);
    const beyond = after
      ? sql.fragment`AND (backfill.requested_at, backfill.backfill_id) < (${after.at}::timestamptz, ${after.id}::bigint)`
      : sql.fragment``;
    const asked = sql.fragment`
      FROM ${views.backfills} AS backfill JOIN ${visible(scope)} USING (tenant)
      WHERE ${isOfBoundJob(scope, sql.fragment`backfill`)}
        ${jobId === undefined ? sql.fragment`` : sql.fragment`AND backfill.job_id = ${jobId}`}`;
    const reader = readerFor(scope);
    const [rows, total] = await Promise.all([
      reader.any(sql.type(Row)`
        SELECT ${columns} FROM (
          SELECT backfill.* ${asked} ${beyond}
          ORDER BY backfill.requested_at DESC, backfill.backfill_id DESC LIMIT ${limit + 1}
        ) AS backfill ${progress} ORDER BY backfill.requested_at DESC, backfill.backfill_id DESC`),
      reader.one(sql.type(count)`SELECT count(*) AS count ${asked}`),
    ]);
    return toListPage(rows, {
      limit,
      keyset: ({ requested_at, backfill_id }) => ({ at: requested_at, id: backfill_id }),
      item: toView,
      total: total.count,
    });
  };

export const getBackfill =
  (readerFor: RowReaderFor) =>
  async (
    scope: Scope,
    { jobId, backfillId }: { jobId: number; backfillId: number },
  ): Promise<BackfillView | undefined> => {
    if (!isId(jobId) || !isId(backfillId)) return undefined;
    const row = await readerFor(scope).maybeOne(sql.type(Row)`
      SELECT ${columns} FROM ${views.backfills} AS backfill JOIN ${visible(scope)} USING (tenant) ${progress}
      WHERE backfill.job_id = ${jobId} AND backfill.backfill_id = ${backfillId}`);
    return row === null ? undefined : toView(row);
  };
