import { type FragmentSqlToken, sql } from 'slonik';
import { z } from 'zod';
import type { QueryContext } from './context.ts';
import { bigint, storableJson } from './row.ts';
import { type TenantScope, visible } from './scope.ts';
import { views } from './views.ts';

/** A named value of an application. */
type ValueRef = { readonly applicationId: number; readonly name: string };

/** The first existing jobs that use a resource, and their number. */
export type JobReferencesView = {
  readonly first: readonly { readonly jobId: number; readonly name: string }[];
  readonly total: number;
};

/** The first open executions, and their number. */
export type OpenExecutionsView = { readonly first: readonly number[]; readonly total: number };

/** Maximum jobs to name. */
const FIRST = 10;

const JobRow = z.object({ jobId: bigint, name: z.string(), total: bigint });

/** The existing jobs that meet a condition on `job` and `scheduled`, their schedule. */
const referencesOf = async (
  { readerFor }: QueryContext,
  scope: TenantScope,
  where: FragmentSqlToken,
): Promise<JobReferencesView> => {
  const rows = await readerFor(scope).any(sql.type(JobRow)`
    SELECT job.job_id AS "jobId", job.name, count(*) OVER () AS total
    FROM ${views.jobs} AS job JOIN ${visible(scope)} USING (tenant)
    LEFT JOIN ${views.schedule} AS scheduled ON scheduled.job_id = job.job_id
    WHERE NOT job.deleted AND ${where}
    ORDER BY job.job_id LIMIT ${FIRST}`);
  return { first: rows.map(({ jobId, name }) => ({ jobId, name })), total: rows[0]?.total ?? 0 };
};

export const jobsWithCalendar = (context: QueryContext) => (scope: TenantScope, name: string) =>
  referencesOf(context, scope, sql.fragment`job.calendars <> '[]' AND job.calendars @> ${storableJson([name])}::jsonb`);

export const jobsOfApplication = (context: QueryContext) => (scope: TenantScope, applicationId: number) =>
  referencesOf(context, scope, sql.fragment`job.application_id = ${applicationId}`);

export const jobsWithLimit =
  (context: QueryContext) =>
  (scope: TenantScope, { applicationId, name }: ValueRef) =>
    referencesOf(context, scope, sql.fragment`job.application_id = ${applicationId} AND job.limit_name = ${name}`);

/** Jobs with a hook that uses a variable in its URL. The rules of a job are JSON text and include its hooks. */
export const jobsWithHookVariable =
  (context: QueryContext) =>
  (scope: TenantScope, { applicationId, name }: ValueRef) => {
    const url = (hook: string) => sql.fragment`scheduled.rules::json #>> ${sql.array([hook, 'url'], 'text')}`;
    return referencesOf(
      context,
      scope,
      sql.fragment`job.application_id = ${applicationId}
        AND strpos(concat_ws(' ', ${url('onFailure')}, ${url('onSuccess')}), ${`\${${name}}`}) > 0`,
    );
  };

const OpenRow = z.object({ id: bigint, total: bigint });

/** Open executions of an application, including those of deleted jobs. */
export const openExecutionsOf =
  ({ readerFor }: QueryContext) =>
  async (scope: TenantScope, applicationId: number): Promise<OpenExecutionsView> => {
    const rows = await readerFor(scope).any(sql.type(OpenRow)`
      SELECT id, count(*) OVER () AS total
      FROM ${views.executions} JOIN ${visible(scope)} USING (tenant)
      WHERE application_id = ${applicationId} AND is_open
      ORDER BY id LIMIT ${FIRST}`);
    return { first: rows.map(({ id }) => id), total: rows[0]?.total ?? 0 };
  };

const UseRow = z.object({ running: bigint, begun: bigint });

/**
 * Number of a limit's running executions, and of those created and begun since an instant (ISO). Of retries, only the first
 * attempt counts as begun.
 */
export const limitUse =
  ({ readerFor }: QueryContext) =>
  async (
    scope: TenantScope,
    { applicationId, name, since }: ValueRef & { readonly since: string },
  ): Promise<{ readonly running: number; readonly begun: number }> => {
    const ofLimit = sql.fragment`
      application_id = ${applicationId} AND job_id IN (
        SELECT job_id FROM ${views.jobs} WHERE application_id = ${applicationId} AND limit_name = ${name} AND NOT deleted)`;
    const [row] = await readerFor(scope).any(sql.type(UseRow)`
      SELECT
        (SELECT count(*) FROM ${views.executions} JOIN ${visible(scope)} USING (tenant)
          WHERE ${ofLimit} AND is_open AND status = 'running') AS running,
        (SELECT count(*) FROM ${views.executions} JOIN ${visible(scope)} USING (tenant)
          WHERE ${ofLimit} AND created_at >= ${since}::timestamptz AND started_at >= ${since}::timestamptz) AS begun`);
    return row ?? { running: 0, begun: 0 };
  };
