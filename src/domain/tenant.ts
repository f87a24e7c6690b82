import { defined } from './defined.ts';
import { DomainError } from './domain-error.ts';
import type { Actor, EventOf, TenantErasure } from './events/index.ts';
import { type Tenant, toInstant } from './values.ts';

type RequestErasureInput = {
  readonly tenant: Tenant;
  readonly reason?: string;
  readonly correlationId: string;
  readonly actor: Actor;
};

/**
 * Requests the erasure of a tenant. It records nothing while one is carried out; once it has ended, a new request goes
 * over the tenant again.
 */
export const decideRequestErasure = (
  { tenant, reason, correlationId, actor }: RequestErasureInput,
  existing: TenantErasure | undefined,
  nowMs: number,
): EventOf<'TenantErasureRequested'>[] => {
  if (existing !== undefined && existing.erasedAt === undefined) return [];
  const data = {
    tenant,
    ...defined({ reason }),
    correlationId,
    createdBy: actor,
    createdAt: toInstant(nowMs),
  };
  return [{ type: 'TenantErasureRequested', data }];
};

/** Ends an erasure that is carried out, with what it ended; records nothing where none is. */
export const decideEndErasure = (
  existing: TenantErasure | undefined,
  counts: Readonly<Record<string, number>>,
  nowMs: number,
): EventOf<'TenantErased'>[] =>
  existing === undefined || existing.erasedAt !== undefined
    ? []
    : [{ type: 'TenantErased', data: { ...existing, erasedAt: toInstant(nowMs), counts: { ...counts } } }];

/** @throws DomainError TENANT_ERASED from the request for its erasure on, for good */
export const rejectErased = (tenant: Tenant, erasure: Pick<TenantErasure, 'createdAt'> | undefined): void => {
  if (erasure !== undefined) throw tenantErased(tenant);
};

export const tenantErased = (tenant: Tenant): DomainError =>
  new DomainError('TENANT_ERASED', `tenant ${JSON.stringify(tenant)} was erased: use a tenant with another name`);
