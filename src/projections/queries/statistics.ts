import { sql } from 'slonik';
import { z } from 'zod';
import {
  EXECUTION_STATUSES,
  type ExecutionStatus,
  LATE_REASONS,
  NOT_CALLED_REASONS,
} from '../../domain/events/index.ts';
import type { SlotCounts } from '../../domain/ledger/explain-slot.ts';
import { toInstant, toMs } from '../../domain/values.ts';
import { createdUpTo, earliestOpen, isAsOf, type ScopeAsOf } from './as-of/executions.ts';
import { runsLookup } from './as-of/log-at.ts';
import type { QueryContext } from './context.ts';
import { bigint, count, instant } from './row.ts';
import { isOfBound, type Scope, visible } from './scope.ts';
import { views } from './views.ts';

export const Statistics = z.object({
  jobs: z.object({ total: z.int(), enabled: z.int() }),
  executions: z.object({
    pending: z.int(),
    running: z.int(),
    succeeded: z.int(),
    failed: z.int(),
    cancelled: z.int(),
    last24h: z.int(),
  }),
});
export type Statistics = z.infer<typeof Statistics>;

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;
const JobCounts = z.object({ total: bigint, enabled: bigint });
const ExecutionCounts = z.object({
  pending: bigint,
  running: bigint,
  succeeded: bigint,
  failed: bigint,
  cancelled: bigint,
});

export const statistics =
  (context: QueryContext) =>
  async (scope: Scope): Promise<Statistics> => {
    if (isAsOf(scope)) return statisticsAsOf(context, scope);
    const { readerFor, clock } = context;
    const reader = readerFor(scope);
    const sinceMs = clock.now() - DAY_MS;
    const since = toInstant(sinceMs);
    const firstMinute = toInstant(Math.ceil(sinceMs / MINUTE_MS) * MINUTE_MS);
    const [jobs, executions, recent] = await Promise.all([
      reader.one(sql.type(JobCounts)`
        SELECT coalesce(sum(total), 0)::bigint AS total, coalesce(sum(enabled), 0)::bigint AS enabled
        FROM ${views.jobCounts} AS counted JOIN ${visible(scope)} USING (tenant)
        WHERE ${isOfBound(scope, sql.fragment`counted`)}`),
      reader.one(sql.type(ExecutionCounts)`
        SELECT coalesce(sum(pending), 0)::bigint AS pending, coalesce(sum(running), 0)::bigint AS running,
          coalesce(sum(succeeded), 0)::bigint AS succeeded, coalesce(sum(failed), 0)::bigint AS failed,
          coalesce(sum(cancelled), 0)::bigint AS cancelled
        FROM ${views.executionCounts} JOIN ${visible(scope)} USING (tenant) WHERE ${countedOf(scope)}`),
      scope.applications === undefined
        ? // Counters exist for whole minutes. Only the minute in which the 24 hours begin is counted row by row.
          reader.one(sql.type(count)`
            SELECT (
              (SELECT coalesce(sum(created), 0) FROM ${views.executionMinutes} JOIN ${visible(scope)} USING (tenant)
               WHERE minute >= ${firstMinute}::timestamptz)
              + (SELECT count(*) FROM ${views.executions} JOIN ${visible(scope)} USING (tenant)
                 WHERE created_at >= ${since}::timestamptz AND created_at < ${firstMinute}::timestamptz)
            )::bigint AS count`)
        : reader.one(sql.type(count)`
            SELECT count(*) AS count FROM ${views.executions} AS execution JOIN ${visible(scope)} USING (tenant)
            WHERE ${isOfBound(scope, sql.fragment`execution`)} AND created_at >= ${since}::timestamptz`),
    ]);
    return { jobs, executions: { ...executions, last24h: recent.count } };
  };

/** A condition on counters: those of the tenant, or of the applications that the caller is limited to. */
const countedOf = ({ applications }: Scope) =>
  applications === undefined
    ? sql.fragment`kind = 'tenant' AND id = 0`
    : sql.fragment`kind = 'application' AND id = ANY (${sql.array([...applications], 'int8')})`;

const CountRow = z.union([
  z.object({ outcome: z.literal('fired'), reason: z.literal(''), slots: bigint }),
  z.object({ outcome: z.literal('late'), reason: z.enum(LATE_REASONS), slots: bigint }),
  z.object({ outcome: z.enum(['skipped', 'missed']), reason: z.enum(NOT_CALLED_REASONS), slots: bigint }),
]);

/** Counts settled slots by outcome and reason. */
export const slotCounts =
  ({ readerFor }: QueryContext) =>
  async (scope: Scope): Promise<SlotCounts> => {
    const rows = await readerFor(scope).any(sql.type(CountRow)`
      SELECT CASE late WHEN '' THEN 'fired' ELSE 'late' END AS outcome, late AS reason, sum(slots)::bigint AS slots
      FROM ${views.calledSlotCounts} JOIN ${visible(scope)} USING (tenant) GROUP BY late
      UNION ALL
      SELECT outcome, reason, sum(slots)::bigint
      FROM ${views.uncalledSlotCounts} JOIN ${visible(scope)} USING (tenant) GROUP BY outcome, reason`);
    const reasonsOf = (outcome: 'late' | 'skipped' | 'missed') =>
      Object.fromEntries(rows.flatMap((row) => (row.outcome === outcome ? [[row.reason, row.slots]] : [])));
    return {
      fired: rows.find(({ outcome }) => outcome === 'fired')?.slots ?? 0,
      late: reasonsOf('late'),
      skipped: reasonsOf('skipped'),
      missed: reasonsOf('missed'),
    };
  };

/** An execution is recorded soon after it is created; later ones were delayed by an outage of the log. */
const RECENT_MS = 10 * MINUTE_MS;

const EndCounts = z.object({ succeeded: bigint, failed: bigint, cancelled: bigint });
const OpenRow = z.object({
  id: bigint,
  job_id: bigint,
  status: z.enum(EXECUTION_STATUSES),
  last_recorded_at: instant,
});

const statisticsAsOf = async ({ readerFor, store }: QueryContext, scope: ScopeAsOf): Promise<Statistics> => {
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
    // Executions that have ended by now, minus those that ended in later minutes: the minutes of expired executions are
    // deleted, but their counts are not.
    reader.one(sql.type(EndCounts)`
      SELECT coalesce(sum(succeeded), 0)::bigint AS succeeded, coalesce(sum(failed), 0)::bigint AS failed,
        coalesce(sum(cancelled), 0)::bigint AS cancelled
      FROM (
        SELECT tenant, succeeded, failed, cancelled FROM ${views.executionCounts} WHERE kind = 'tenant' AND id = 0
        UNION ALL SELECT tenant, -succeeded, -failed, -cancelled FROM ${views.executionEnds} WHERE minute > ${minute}
      ) AS counted JOIN ${visible(scope)} USING (tenant)`),
    // Of the minute of the instant, only executions that ended after it.
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
