import { sql } from 'slonik';
import type { z } from 'zod';
import type { QueryContext } from './context.ts';
import { keysetOf } from './keyset.ts';
import { type ListPage, type PageRequest, toListPage } from './page.ts';
import { type BackfillView, backfillRecord, backfillView } from './records/backfills.ts';
import { bigint, count, isId } from './row.ts';
import { isOfBoundJob, type Scope, visible } from './scope.ts';
import { views } from './views.ts';

const Row = backfillRecord.row.extend({ running: bigint, succeeded: bigint, failed: bigint, cancelled: bigint });

const columns = sql.fragment`
  ${backfillRecord.selected}, progress.running, progress.succeeded, progress.failed, progress.cancelled`;

/** Number of executions of each backfill. One that waits for its next attempt has begun. */
const progress = sql.fragment`
  CROSS JOIN LATERAL (
    SELECT count(*) FILTER (WHERE status IN ('pending', 'running')) AS running,
      count(*) FILTER (WHERE status = 'succeeded') AS succeeded,
      count(*) FILTER (WHERE status = 'failed') AS failed,
      count(*) FILTER (WHERE status = 'cancelled') AS cancelled
    FROM ${views.executions} AS execution WHERE execution.backfill_id = backfill.backfill_id
  ) AS progress`;

const toView = (row: z.infer<typeof Row>): BackfillView => backfillView(row, row);

/** Newest first, of one or all jobs. @throws BadCursor */
export const listBackfills =
  ({ readerFor }: QueryContext) =>
  async (scope: Scope, { limit, cursor }: PageRequest, jobId?: number): Promise<ListPage<BackfillView>> => {
    if (jobId !== undefined && !isId(jobId)) return { items: [], total: 0 };
    const keyset = keysetOf({ created_at: 'timestamptz', backfill_id: 'bigint' }, { cursor, isDescending: true });
    const requested = sql.fragment`
      FROM ${views.backfills} AS backfill JOIN ${visible(scope)} USING (tenant)
      WHERE ${isOfBoundJob(scope, sql.fragment`backfill`)}
        ${jobId === undefined ? sql.fragment`` : sql.fragment`AND backfill.job_id = ${jobId}`}`;
    const reader = readerFor(scope);
    const [rows, total] = await Promise.all([
      reader.any(sql.type(Row)`
        SELECT ${columns} FROM (
          SELECT backfill.* ${requested} AND ${keyset.isBeyond('backfill')}
          ORDER BY ${keyset.order('backfill')} LIMIT ${limit + 1}
        ) AS backfill ${progress} ORDER BY ${keyset.order('backfill')}`),
      reader.one(sql.type(count)`SELECT count(*) AS count ${requested}`),
    ]);
    return toListPage(rows, {
      limit,
      keyset,
      placeOf: ({ createdAt, id }) => [createdAt, id],
      item: toView,
      total: total.count,
    });
  };

export const getBackfill =
  ({ readerFor }: QueryContext) =>
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
