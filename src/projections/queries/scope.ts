import { type FragmentSqlToken, sql } from 'slonik';
import { EVERY_TENANT, type Tenant, type TenantChoice } from '../../domain/values.ts';
import { views } from './views.ts';

/** Who waits for a query. */
export type CallerScope = {
  /** Aborted when the caller no longer waits; the query is then cancelled. */
  readonly signal?: AbortSignal;
};

/** Limits a query to the objects of one tenant, or of all tenants for an administrator. */
export type Scope = CallerScope & {
  readonly tenant: TenantChoice;
  /** Narrows what is listed, counted and selected to these applications. */
  readonly applications?: readonly number[];
  /** Shows what was recorded up to this instant, ISO, instead of all. Only queries that say so go by it. */
  readonly asOf?: string;
};

/** Limits a query to the objects of one tenant. */
export type TenantScope = Scope & { readonly tenant: Tenant };

export { QueryAbandoned } from '../../db/reader.ts';

/**
 * Builds the FROM item `visible (tenant)` with the tenants whose rows the caller may see. Every query joins it, those of
 * documents apart, which ask `isOfTenant`; nothing else separates tenants. Lists join it laterally, so that the rows of each tenant come from one index.
 */
export const visible = ({ tenant }: Scope) =>
  tenant === EVERY_TENANT
    ? sql.fragment`(SELECT DISTINCT tenant FROM ${views.applications}) AS visible (tenant)`
    : sql.fragment`(SELECT ${tenant}::text) AS visible (tenant)`;

/** A condition on a row with an `application_id`: it is of an application that the caller is bound to, if it is to any. */
export const isOfBound = ({ applications }: Scope, row: FragmentSqlToken) =>
  applications === undefined
    ? sql.fragment`TRUE`
    : sql.fragment`${row}.application_id = ANY (${sql.array([...applications], 'int8')})`;

/** A condition on a row of one job: that is of an application that the caller is bound to, if it is to any. */
export const isOfBoundJob = (scope: Scope, row: FragmentSqlToken) =>
  scope.applications === undefined
    ? sql.fragment`TRUE`
    : sql.fragment`${row}.job_id IN (SELECT own.job_id FROM ${views.jobs} AS own WHERE ${isOfBound(scope, sql.fragment`own`)})`;

/** A condition on the document of an operation: it takes nothing beyond the applications that the caller is bound to, if it is to any. */
export const isOperationOfBound = ({ applications }: Scope) =>
  applications === undefined
    ? sql.fragment`TRUE`
    : sql.fragment`coalesce(
        (document.doc::json -> 'applications')::jsonb <@ ${JSON.stringify(applications)}::jsonb, FALSE)`;

/** A condition on the document of a pause: it binds jobs that the caller may see. Those of the installation bind everybody's. */
export const isVisiblePause = ({ tenant }: Scope) =>
  tenant === EVERY_TENANT ? sql.fragment`TRUE` : sql.fragment`(document.tenant = ${tenant} OR document.tenant IS NULL)`;

/** A condition on a row with a `tenant`: the caller may see it. A tenant may have tokens before it has an application. */
export const isOfTenant = ({ tenant }: Scope, row: FragmentSqlToken) =>
  tenant === EVERY_TENANT ? sql.fragment`TRUE` : sql.fragment`${row}.tenant = ${tenant}`;

/**
 * Builds the FROM item `job` for many lookups by id, each with its own scope. It holds the jobs that may be seen, with
 * the index of their lookup as `place`.
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
