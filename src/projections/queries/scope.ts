import { type FragmentSqlToken, sql } from 'slonik';
import { EVERY_TENANT, type Tenant, type TenantChoice } from '../../domain/values.ts';
import { views } from './views.ts';

/** The caller that waits for a query. */
export type CallerScope = {
  /** Aborted when the caller no longer waits; the query is then cancelled. */
  readonly signal?: AbortSignal;
};

/** Limits a query to the objects of one tenant, or of all tenants for an administrator. */
export type Scope = CallerScope & {
  readonly tenant: TenantChoice;
  /** Narrows what is listed, counted and selected to these applications. */
  readonly applications?: readonly number[];
  /** Shows the state recorded up to this instant, ISO, instead of the current one. Only queries that state so support it. */
  readonly asOf?: string;
};

/** Limits a query to the objects of one tenant. */
export type TenantScope = Scope & { readonly tenant: Tenant };

export { QueryAbandoned } from '../../db/reader.ts';

/**
 * Builds the FROM item `visible (tenant)` with the tenants whose rows the caller can see. Every query joins it, except those
 * of documents, which use `isOfTenant`; nothing else separates tenants. Lists join it laterally, so that the rows of each
 * tenant come from one index.
 */
export const visible = ({ tenant }: Scope) =>
  tenant === EVERY_TENANT
    ? sql.fragment`(SELECT DISTINCT tenant FROM ${views.applications}) AS visible (tenant)`
    : sql.fragment`(SELECT ${tenant}::text) AS visible (tenant)`;

/** A condition on a row with an `application_id`: the caller is not limited to other applications. */
export const isOfBound = ({ applications }: Scope, row: FragmentSqlToken) =>
  applications === undefined
    ? sql.fragment`TRUE`
    : sql.fragment`${row}.application_id = ANY (${sql.array([...applications], 'int8')})`;

/** A condition on a row of one job: the caller is not limited to other applications. */
export const isOfBoundJob = (scope: Scope, row: FragmentSqlToken) =>
  scope.applications === undefined
    ? sql.fragment`TRUE`
    : sql.fragment`${row}.job_id IN (SELECT own.job_id FROM ${views.jobs} AS own WHERE ${isOfBound(scope, sql.fragment`own`)})`;

/**
 * A condition on the document of an operation: it processes nothing beyond the applications that the caller is limited to.
 */
export const isOperationOfBound = ({ applications }: Scope) =>
  applications === undefined
    ? sql.fragment`TRUE`
    : sql.fragment`coalesce(
        (document.doc::json -> 'applications')::jsonb <@ ${JSON.stringify(applications)}::jsonb, FALSE)`;

/**
 * A condition on the document of a pause: it binds jobs that the caller can see. A pause of the installation binds all
 * tenants' jobs.
 */
export const isVisiblePause = ({ tenant }: Scope) =>
  tenant === EVERY_TENANT ? sql.fragment`TRUE` : sql.fragment`(document.tenant = ${tenant} OR document.tenant IS NULL)`;

/** A condition on a row with a `tenant`: the caller can see it. A tenant may have tokens before it has an application. */
export const isOfTenant = ({ tenant }: Scope, row: FragmentSqlToken) =>
  tenant === EVERY_TENANT ? sql.fragment`TRUE` : sql.fragment`${row}.tenant = ${tenant}`;

/**
 * Builds the FROM item `job` for many lookups by id, each with its own scope. It contains the visible jobs, with the index
 * of their lookup as `place`.
 */
export const visibleJobs = (requested: readonly { readonly scope: Scope; readonly jobId: number }[]) => {
  const rows = requested.map(({ scope: { tenant }, jobId }, place) => [
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
