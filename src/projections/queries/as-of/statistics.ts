import { sql } from 'slonik';
import { z } from 'zod';
import { EXECUTION_STATUSES, type ExecutionStatus } from '../../../domain/events/index.ts';
import { toInstant, toMs } from '../../../domain/values.ts';
import type { QueryContext } from '../context.ts';
import { bigint, count, instant } from '../row.ts';
import { visible } from '../scope.ts';
import { views } from '../views.ts';
import { createdUpTo, earliestOpen, type ScopeAsOf } from './executions.ts';
import { runsLookup } from './log-at.ts';

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;
/** An execution is recorded soon after it is created: earlier ones that are not were held up by an outage of the log. */
const RECENT_MS = 10 * MINUTE_MS;

const JobCounts = z.object({ total: bigint, enabled: bigint });
const EndCounts = z.object({ succeeded: bigint, failed: bigint, cancelled: bigint });
const OpenRow = z.object({
  id: bigint,
  job_id: bigint,
  status: z.enum(EXECUTION_STATUSES),
  last_recorded_at: instant,
});

export const statisticsAsOf = async (
  { readerFor, store }: QueryContext,
  scope: ScopeAsOf,
): Promise<{
  readonly jobs: z.infer<typeof JobCounts>;
  readonly executions: Record<ExecutionStatus | 'last24h', number>;
}> => {
  const reader = readerFor(scope);
  const at = sql.fragment`${scope.asOf}::timestamptz`;
  const minute = sql.fragment`date_trunc('minute', ${at}, 'UTC')`;
  const earliest = await earliestOpen(reader, scope);
  const endedLater =
    earliest === undefined ? sql.fragment`FALSE` : sql.fragment`NOT is_open AND created_at >= ${earliest}::timestamptz`;
  const recorded = sql.fragment`first_recorded_at <= ${at} AND created_at <= ${createdUpTo(scope.asOf)}`;
  const nowMs = toMs(scope.asOf);
  const instantOf = (ms: number) => sql.fragment`${toInstant(ms)}::timestamptz`;
  const firstMinuteMs = Math.ceil((nowMs - DAY_MS) / MINUTE_MS) * MINUTE_MS;
  const recentMs = Math.floor((nowMs - RECENT_MS) / MINUTE_MS) * MINUTE_MS;
  const [jobs, ended, endedInMinute, open, recent] = await Promise.all([
    reader.one(sql.type(JobCounts)`
      SELECT count(*) AS total, count(*) FILTER (WHERE (definition::json ->> 'enabled')::boolean) AS enabled
      FROM ${views.jobVersions} JOIN ${visible(scope)} USING (tenant)
      WHERE valid_from <= ${at} AND (valid_to IS NULL OR valid_to > ${at}) AND type <> 'JobDeleted'`),
    // What has ended by now, less what ended in later minutes: minutes of what has expired are gone, and its counts are not.
    reader.one(sql.type(EndCounts)`
      SELECT coalesce(sum(succeeded), 0)::bigint AS succeeded, coalesce(sum(failed), 0)::bigint AS failed,
        coalesce(sum(cancelled), 0)::bigint AS cancelled
      FROM (
        SELECT tenant, succeeded, failed, cancelled FROM ${views.executionCounts} WHERE kind = 'tenant' AND id = 0
        UNION ALL SELECT tenant, -succeeded, -failed, -cancelled FROM ${views.executionEnds} WHERE minute > ${minute}
      ) AS counted JOIN ${visible(scope)} USING (tenant)`),
    // Of the minute of the instant, only what ended after it.
    reader.one(sql.type(EndCounts)`
      SELECT count(*) FILTER (WHERE status = 'succeeded') AS succeeded,
        count(*) FILTER (WHERE status = 'failed') AS failed, count(*) FILTER (WHERE status = 'cancelled') AS cancelled
      FROM ${views.executions} JOIN ${visible(scope)} USING (tenant)
      WHERE ${endedLater} AND last_recorded_at > ${at} AND last_recorded_at < ${minute} + interval '1 minute'`),
    reader.any(sql.type(OpenRow)`
      SELECT id, job_id, status, last_recorded_at FROM ${views.executions} JOIN ${visible(scope)} USING (tenant)
      WHERE ${recorded} AND is_open
      UNION ALL
      SELECT id, job_id, status, last_recorded_at FROM ${views.executions} JOIN ${visible(scope)} USING (tenant)
      WHERE ${recorded} AND ${endedLater} AND last_recorded_at > ${at}`),
    reader.one(sql.type(count)`
      SELECT (
        (SELECT coalesce(sum(created), 0) FROM ${views.executionMinutes} JOIN ${visible(scope)} USING (tenant)
         WHERE minute >= ${instantOf(firstMinuteMs)} AND minute < ${instantOf(recentMs)})
        + (SELECT count(*) FROM ${views.executions} JOIN ${visible(scope)} USING (tenant)
           WHERE created_at >= ${instantOf(nowMs - DAY_MS)} AND created_at < ${instantOf(firstMinuteMs)} AND ${recorded})
        + (SELECT count(*) FROM ${views.executions} JOIN ${visible(scope)} USING (tenant)
           WHERE created_at >= ${instantOf(recentMs)} AND ${recorded})
      )::bigint AS count`),
  ]);
  const counts: Record<ExecutionStatus, number> = {
    pending: 0,
    running: 0,
    succeeded: ended.succeeded - endedInMinute.succeeded,
    failed: ended.failed - endedInMinute.failed,
    cancelled: ended.cancelled - endedInMinute.cancelled,
  };
  const runsOf = runsLookup(store, nowMs);
  for (const { id, job_id, status, last_recorded_at } of open) {
    const was = last_recorded_at <= scope.asOf ? status : (await runsOf(job_id))?.open.get(id)?.status;
    if (was !== undefined) counts[was] += 1;
  }
  return { jobs, executions: { ...counts, last24h: recent.count } };
};
