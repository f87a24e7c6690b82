import { sql } from 'slonik';
import { z } from 'zod';
import type { RowReaderFor } from '../../db/reader.ts';
import type { Tenant } from '../../domain/values.ts';
import { bigint, instant, isId, storable } from './row.ts';
import { isOfBound, type Scope, visible } from './scope.ts';
import { views } from './views.ts';

const JobRow = z.object({ job_id: bigint, is_old: z.boolean() });
const ExpiredRow = z.object({ job_id: bigint, kept_from: z.int() });
const SoFarRow = z.object({ executions: bigint, before: instant.nullable() });
const HorizonRow = z.object({ before: instant.nullable() });

type JobWalk = { readonly before: string; readonly after: number | undefined; readonly limit: number };
type ExpiredRuns = { readonly jobId: number; readonly keptFrom: number };
type JobsToExpire = {
  readonly jobs: readonly number[];
  /** The last job that was looked at; undefined where no more follow. */
  readonly next: number | undefined;
};

const isAfter = (after: number | undefined) => sql.fragment`job.job_id > ${after ?? 0}`;

/**
 * Looks at so many jobs, deleted or not, by their ids: which have executions created before an instant, or slots that were
 * settled before it. One that cannot expire yet is among them. Every job is looked at, page by page: a search for some that
 * have what is old would go on through all that do not.
 */
export const jobsToExpire =
  (readerFor: RowReaderFor) =>
  async ({ before, after, limit }: JobWalk): Promise<JobsToExpire> => {
    const at = sql.fragment`${before}::timestamptz`;
    const rows = await readerFor({}).any(sql.type(JobRow)`
      SELECT job.job_id, (
        EXISTS (
          SELECT FROM ${views.executions} AS execution
          WHERE execution.tenant = job.tenant AND execution.job_id = job.job_id AND execution.created_at < ${at}
        ) OR EXISTS (
          SELECT FROM ${views.slotRanges} AS range
          WHERE range.job_id = job.job_id AND range.last < ${at} AND range.recorded_at < ${at}
        )
      ) AS is_old
      FROM ${views.jobs} AS job WHERE ${isAfter(after)} ORDER BY job.job_id LIMIT ${limit}`);
    return {
      jobs: rows.flatMap(({ job_id, is_old }) => (is_old ? [job_id] : [])),
      next: rows.length < limit ? undefined : rows.at(-1)?.job_id,
    };
  };

/** So many rows are in memory at a time. */
const PAGE = 1_000;

/** Jobs of a tenant (absent: of all) of which executions have expired, and the first event that their streams of runs keep. */
export const expiredJobs = (readerFor: RowReaderFor) =>
  async function* ({ tenant }: { readonly tenant?: Tenant }): AsyncGenerator<ExpiredRuns> {
    const ofTenant = tenant === undefined ? sql.fragment`TRUE` : sql.fragment`job.tenant = ${storable(tenant)}`;
    let after: number | undefined;
    for (;;) {
      const rows = await readerFor({}).any(sql.type(ExpiredRow)`
        SELECT job_id, kept_from FROM ${views.expiredExecutions} AS job
        WHERE ${isAfter(after)} AND ${ofTenant} ORDER BY job_id LIMIT ${PAGE}`);
      for (const { job_id, kept_from } of rows) yield { jobId: job_id, keptFrom: kept_from };
      after = rows.at(-1)?.job_id;
      if (rows.length < PAGE) return;
    }
  };

/** How many executions of all tenants have expired, and up to when. */
export const expiredSoFar =
  (readerFor: RowReaderFor) =>
  async (
    scope: Pick<Scope, 'signal'>,
  ): Promise<{ readonly executions: number; readonly before: string | undefined }> => {
    const { executions, before } = await readerFor(scope).one(sql.type(SoFarRow)`
      SELECT coalesce(sum(succeeded + failed + cancelled), 0)::bigint AS executions, max(before) AS before
      FROM ${views.expiredExecutions}`);
    return { executions, before: before ?? undefined };
  };

/** Up to when executions have expired that the caller would see: of a job, of an execution that may be there, or of any. */
export const expiredBefore =
  (readerFor: RowReaderFor) =>
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
    return before ?? undefined;
  };
