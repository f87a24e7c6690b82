import { type FragmentSqlToken, sql } from 'slonik';
import { z } from 'zod';
import { Instant, toInstant, toMs } from '../../domain/values.ts';
import type { QueryContext } from './context.ts';
import { bigint, present } from './row.ts';
import { isOfBound, type Scope, visible } from './scope.ts';
import { views } from './views.ts';

const MAX_JOBS = 1_000;
/** The newest executions of a job whose durations are compared. */
const MAX_DURATIONS = 100;

const ReportedJob = z.object({
  jobId: z.int(),
  jobName: z.string(),
  applicationId: z.int(),
  applicationName: z.string().optional(),
  runs: z.int().meta({ description: 'Executions created in this time, including open ones' }),
  succeeded: z.int(),
  failed: z.int(),
  cancelled: z.int(),
  before: z
    .object({ succeeded: z.int(), failed: z.int() })
    .meta({ description: 'Executions created in the same length of time before `from`' }),
  p95Ms: z
    .int()
    .nullable()
    .meta({
      description: `95th percentile of the durations of the newest ${MAX_DURATIONS} that succeeded or failed; null without any`,
    }),
  slots: z
    .object({ late: z.int(), skipped: z.int(), missed: z.int() })
    .meta({ description: 'Slots settled together count if the last one is in this time' }),
});

export const Report = z
  .object({
    from: Instant,
    to: Instant,
    jobs: z.array(ReportedJob).meta({
      description: 'Existing jobs, by the name of their application and their own',
    }),
    isPartial: z.boolean().meta({ description: `There are more jobs than these first ${MAX_JOBS}` }),
  })
  .meta({ id: 'Report' });
export type Report = z.infer<typeof Report>;

const Row = z.object({
  jobId: bigint,
  jobName: z.string(),
  applicationId: bigint,
  applicationName: z.string().nullable(),
  created: bigint,
  open: bigint,
  failed: bigint,
  cancelled: bigint,
  createdBefore: bigint,
  openBefore: bigint,
  failedBefore: bigint,
  cancelledBefore: bigint,
  p95Ms: z.number().nullable(),
  late: bigint,
  skipped: bigint,
  missed: bigint,
});

export type ReportFilter = { readonly from: string; readonly to: string; readonly applicationId?: number };

/**
 * Counts the executions and slots of all jobs in a time span, with the outcomes in the same time before. Like the hourly
 * statistics, it counts open, failed and cancelled executions with indexes alone; the rest succeeded.
 */
export const report =
  ({ readerFor }: QueryContext) =>
  async (scope: Scope, { from, to, applicationId }: ReportFilter): Promise<Report> => {
    const beforeFrom = toInstant(2 * toMs(from) - toMs(to));
    const now = createdIn(from, to);
    const before = createdIn(beforeFrom, from);
    const narrowed =
      applicationId === undefined ? sql.fragment`TRUE` : sql.fragment`job.application_id = ${applicationId}`;
    const rows = await readerFor(scope).any(sql.type(Row)`
      WITH listed AS MATERIALIZED (
        SELECT job.tenant, job.job_id, job.name, job.application_id, application.name AS application_name
        FROM ${views.jobs} AS job JOIN ${visible(scope)} USING (tenant)
        LEFT JOIN ${views.applications} ON application.application_id = job.application_id
        WHERE NOT job.deleted AND ${isOfBound(scope, sql.fragment`job`)} AND ${narrowed}
        ORDER BY application.name, job.application_id, job.name, job.job_id LIMIT ${MAX_JOBS + 1}
      ),
      uncalled AS MATERIALIZED (
        SELECT job_id, coalesce(sum(slots) FILTER (WHERE outcome = 'skipped'), 0) AS skipped,
          coalesce(sum(slots) FILTER (WHERE outcome = 'missed'), 0) AS missed
        FROM ${views.slotRanges} JOIN ${visible(scope)} USING (tenant)
        WHERE last >= ${from}::timestamptz AND last < ${to}::timestamptz GROUP BY job_id
      )
      SELECT listed.job_id AS "jobId", listed.name AS "jobName", listed.application_id AS "applicationId",
        listed.application_name AS "applicationName",
        now.created, now.open, now.failed, now.cancelled, before.created AS "createdBefore", before.open AS "openBefore",
        before.failed AS "failedBefore", before.cancelled AS "cancelledBefore", durations."p95Ms", of_late.late,
        coalesce(skipped, 0)::bigint AS skipped, coalesce(missed, 0)::bigint AS missed
      FROM listed
      CROSS JOIN LATERAL (${countsOf(now)}) AS now
      CROSS JOIN LATERAL (${countsOf(before)}) AS before
      CROSS JOIN LATERAL (
        SELECT round(percentile_cont(0.95) WITHIN GROUP (ORDER BY took))::int AS "p95Ms" FROM (
          SELECT extract(epoch FROM finished_at - started_at) * 1000 AS took
          FROM ${views.executions} AS execution WHERE ${now} AND NOT is_open AND status IN ('succeeded', 'failed')
          ORDER BY created_at DESC LIMIT ${MAX_DURATIONS}
        ) AS newest
      ) AS durations
      CROSS JOIN LATERAL (
        SELECT count(*) AS late FROM ${views.executions} AS execution
        WHERE execution.tenant = listed.tenant AND execution.job_id = listed.job_id AND late IS NOT NULL
          AND created_at >= ${from}::timestamptz
          AND scheduled_at >= ${from}::timestamptz AND scheduled_at < ${to}::timestamptz
      ) AS of_late
      LEFT JOIN uncalled USING (job_id)
      ORDER BY listed.application_name, listed.application_id, listed.name, listed.job_id`);
    return { from, to, jobs: rows.slice(0, MAX_JOBS).map(jobOf), isPartial: rows.length > MAX_JOBS };
  };

/** The executions of a listed job that were created in this time. */
const createdIn = (from: string, to: string) => sql.fragment`
  execution.tenant = listed.tenant AND execution.job_id = listed.job_id
  AND created_at >= ${from}::timestamptz AND created_at < ${to}::timestamptz`;

const countsOf = (created: FragmentSqlToken) => sql.fragment`
  SELECT
    (SELECT count(*) FROM ${views.executions} AS execution WHERE ${created}) AS created,
    (SELECT count(*) FROM ${views.executions} AS execution WHERE ${created} AND is_open) AS open,
    (SELECT count(*) FROM ${views.executions} AS execution
     WHERE ${created} AND status = 'failed') AS failed,
    (SELECT count(*) FROM ${views.executions} AS execution
     WHERE ${created} AND status = 'cancelled') AS cancelled`;

const jobOf = ({
  created,
  open,
  createdBefore,
  openBefore,
  failedBefore,
  cancelledBefore,
  p95Ms,
  late,
  skipped,
  missed,
  ...row
}: z.infer<typeof Row>): Report['jobs'][number] => ({
  ...present(row),
  runs: created,
  succeeded: created - open - row.failed - row.cancelled,
  before: { succeeded: createdBefore - openBefore - failedBefore - cancelledBefore, failed: failedBefore },
  p95Ms,
  slots: { late, skipped, missed },
});
