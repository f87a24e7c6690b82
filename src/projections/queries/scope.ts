import { sql } from 'slonik';
import { EVERY_TENANT } from '../../domain/values.ts';
import type { Scope } from './port.ts';
import { views } from './views.ts';

/**
 * The one place where queries tell tenants apart: a FROM item `visible (tenant)` with the tenants whose rows may be
 * seen. Every query joins it; lists do so laterally, so that each tenant's rows come from one index.
 */
export const visible = ({ tenant }: Scope) =>
  tenant === EVERY_TENANT
    ? sql.fragment`(SELECT DISTINCT tenant FROM ${views.applications}) AS visible (tenant)`
    : sql.fragment`(SELECT ${tenant}::text) AS visible (tenant)`;

/**
 * The same for jobs by their ids, many at once and each asked for in a scope of its own: a FROM item `job` with those
 * that may be seen and their place among the asked.
 */
export const visibleJobs = (asked: readonly { readonly scope: Scope; readonly jobId: number }[]) => {
  const rows = asked.map(({ scope: { tenant }, jobId }, place) => [
    tenant === EVERY_TENANT ? null : tenant,
    jobId,
    place,
  ]);
  return sql.fragment`
    (SELECT job.*, asked.place
     FROM ${sql.unnest(rows, ['text', 'int8', 'int4'])} AS asked (tenant, job_id, place)
     JOIN ${views.jobs} AS job ON job.job_id = asked.job_id AND job.tenant = coalesce(asked.tenant, job.tenant)
    ) AS job`;
};
