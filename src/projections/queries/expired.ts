import { sql } from 'slonik';
import { z } from 'zod';
import { Retention } from '../../domain/events/index.ts';
import type { Tenant } from '../../domain/values.ts';
import type { QueryContext } from './context.ts';
import { bigint, found, instant, isId, json, optional, storable } from './row.ts';
import { type CallerScope, isOfBound, type Scope, visible } from './scope.ts';
import { views } from './views.ts';

const JobRow = z.object({ job_id: bigint });
/** How long a job keeps its executions. */
const JobKeeping = z.object({
  jobId: bigint,
  tenant: z.string(),
  /** The job's own retention, or its application's. */
  retention: optional(json.pipe(Retention)),
  /** Creation time of the oldest execution that `keepLast` keeps; `undefined` if there are fewer. */
  lastKeptAt: optional(instant),
});
const ExpiredRuns = z.object({ jobId: bigint, keptFrom: bigint });
const ExpiredSoFar = z.object({ executions: bigint, before: optional(instant) });
const HorizonRow = z.object({ before: optional(instant) });

type JobWalk = {
  /** Excludes jobs without a retention of their own or of their application. */
  readonly onlyOwn: boolean;
  readonly after: number | undefined;
  readonly limit: number;
};
type JobsToKeep = {
  readonly jobs: readonly z.infer<typeof JobKeeping>[];
  /** The last checked job; `undefined` if no more follow. */
  readonly next: number | undefined;
};

const isAfter = (after: number | undefined) => sql.fragment`job.job_id > ${after ?? 0}`;

/** Retention of the jobs of `application`, as JSON. */
const ofApplication = sql.fragment`(application.doc::json ->> 'retention')`;

/** Whether any job or application sets a retention. */
export const hasRetention =
  ({ readerFor }: QueryContext) =>
  async (): Promise<boolean> => {
    const row = await readerFor({}).one(sql.type(found)`
    SELECT EXISTS (SELECT FROM ${views.jobs} AS job WHERE job.retention IS NOT NULL)
      OR EXISTS (SELECT FROM ${views.applications} WHERE ${ofApplication} IS NOT NULL) AS found`);
    return row.found;
  };

/** Reads the retention of a page of jobs, deleted or not, by id. */
export const jobsKeeping =
  ({ readerFor }: QueryContext) =>
  async ({ onlyOwn, after, limit }: JobWalk): Promise<JobsToKeep> => {
    const jobs = await readerFor({}).any(sql.type(JobKeeping)`
      SELECT page.job_id AS "jobId", page.tenant, page.retention, last_kept.created_at AS "lastKeptAt"
      FROM (
        SELECT job.job_id, job.tenant, coalesce(job.retention, ${ofApplication}) AS retention
        FROM ${views.jobs} AS job JOIN ${views.applications} USING (application_id)
        WHERE ${isAfter(after)}
          AND (${!onlyOwn} OR job.retention IS NOT NULL OR ${ofApplication} IS NOT NULL)
        ORDER BY job.job_id LIMIT ${limit}
      ) AS page LEFT JOIN LATERAL (
        SELECT execution.created_at FROM ${views.executions} AS execution
        WHERE execution.tenant = page.tenant AND execution.job_id = page.job_id
        ORDER BY execution.created_at DESC, execution.id DESC
        OFFSET (page.retention::json ->> 'keepLast')::bigint - 1 LIMIT 1
      ) AS last_kept ON page.retention::json ->> 'keepLast' IS NOT NULL
      ORDER BY page.job_id`);
    return { jobs, next: jobs.length < limit ? undefined : jobs.at(-1)?.jobId };
  };

type Horizon = { readonly jobId: number; readonly tenant: Tenant; readonly before: string };

/** Which of these jobs have executions created before an instant, or slots settled before it. */
export const jobsToExpire =
  ({ readerFor }: QueryContext) =>
  async (horizons: readonly Horizon[]): Promise<readonly number[]> => {
    if (horizons.length === 0) return [];
    const requested = horizons.map(({ jobId, tenant, before }) => [jobId, tenant, before]);
    const rows = await readerFor({}).any(sql.type(JobRow)`
      SELECT job.job_id FROM ${sql.unnest(requested, ['int8', 'text', 'timestamptz'])} AS job (job_id, tenant, before)
      WHERE EXISTS (
        SELECT FROM ${views.executions} AS execution
        WHERE execution.tenant = job.tenant AND execution.job_id = job.job_id AND execution.created_at < job.before
      ) OR EXISTS (
        SELECT FROM ${views.slotRanges} AS range
        WHERE range.job_id = job.job_id AND range.last < job.before AND range.recorded_at < job.before
      )`);
    return rows.map(({ job_id }) => job_id);
  };

/** Maximum rows in memory. */
const PAGE = 1_000;

/** Jobs with expired executions, of one or all tenants, and the first event that their streams of runs keep. */
export const expiredJobs = ({ readerFor }: QueryContext) =>
  async function* ({ tenant }: { readonly tenant?: Tenant }): AsyncGenerator<z.infer<typeof ExpiredRuns>> {
    const ofTenant = tenant === undefined ? sql.fragment`TRUE` : sql.fragment`job.tenant = ${storable(tenant)}`;
    let after: number | undefined;
    for (;;) {
      const rows = await readerFor({}).any(sql.type(ExpiredRuns)`
        SELECT job_id AS "jobId", kept_from AS "keptFrom" FROM ${views.expiredExecutions} AS job
        WHERE ${isAfter(after)} AND ${ofTenant} ORDER BY job_id LIMIT ${PAGE}`);
      yield* rows;
      after = rows.at(-1)?.jobId;
      if (rows.length < PAGE) return;
    }
  };

/** Number and time of expired executions of all tenants. */
export const expiredSoFar =
  ({ readerFor }: QueryContext) =>
  (caller: CallerScope): Promise<z.infer<typeof ExpiredSoFar>> =>
    readerFor(caller).one(sql.type(ExpiredSoFar)`
      SELECT coalesce(sum(succeeded + failed + cancelled), 0)::bigint AS executions, max(before) AS before
      FROM ${views.expiredExecutions}`);

/** The retention cutoff for what the caller would see: of a job, of an execution that may exist, or of any. */
export const expiredBefore =
  ({ readerFor }: QueryContext) =>
  async (
    scope: Scope,
    { jobId, executionId }: { readonly jobId?: number; readonly executionId?: number } = {},
  ): Promise<string | undefined> => {
    if ((jobId !== undefined && !isId(jobId)) || (executionId !== undefined && !isId(executionId))) return undefined;
    const ofJob = jobId === undefined ? sql.fragment`TRUE` : sql.fragment`expired.job_id = ${jobId}`;
    const ofExecution =
      executionId === undefined
        ? sql.fragment`TRUE`
        : sql.fragment`${executionId} BETWEEN expired.first_id AND expired.last_id`;
    const { before } = await readerFor(scope).one(sql.type(HorizonRow)`
      SELECT max(expired.before) AS before
      FROM ${views.expiredExecutions} AS expired JOIN ${visible(scope)} USING (tenant)
      WHERE ${ofJob} AND ${ofExecution} AND ${isOfBound(scope, sql.fragment`expired`)}`);
    return before;
  };
