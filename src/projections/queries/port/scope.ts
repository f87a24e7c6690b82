import type { Tenant, TenantChoice } from '../../../domain/values.ts';

/** Limits a query to the objects of one tenant, or of all tenants for an administrator. */
export type Scope = {
  readonly tenant: TenantChoice;
  /** Narrows what is listed, counted and selected to these applications. */
  readonly applications?: readonly number[];
  /** Shows what was recorded up to this instant, ISO, instead of all. Only queries that say so go by it. */
  readonly asOf?: string;
  /** Aborted when the caller no longer waits; the query is then cancelled. */
  readonly signal?: AbortSignal;
};

/** Limits a query to the objects of one tenant. */
export type TenantScope = Scope & { readonly tenant: Tenant };

export { QueryAbandoned } from '../../../db/reader.ts';
