import { defined } from './defined.ts';
import { DomainError } from './domain-error.ts';
import type { ChangeRequest, EventOf, TenantErasure } from './events/index.ts';
import { type Tenant, toInstant } from './values.ts';

/**
 * Requests the erasure of a tenant. Records nothing while an erasure runs; after it has ended, a new request erases again.
 */
export const decideRequestErasure = (
  { tenant, reason, correlationId, actor }: ChangeRequest,
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

/** Ends a running erasure with its counts; records nothing if none is running. */
export const decideEndErasure = (
  existing: TenantErasure | undefined,
  counts: Readonly<Record<string, number>>,
  nowMs: number,
): EventOf<'TenantErased'>[] =>
  existing === undefined || existing.erasedAt !== undefined
    ? []
    : [{ type: 'TenantErased', data: { ...existing, erasedAt: toInstant(nowMs), counts: { ...counts } } }];

/**
 * Permanently rejects a tenant's requests after its erasure was requested.
 * @throws DomainError TENANT_ERASED
 */
export const rejectErased = (tenant: Tenant, erasure: TenantErasure | undefined): void => {
  if (erasure !== undefined) throw tenantErased(tenant);
};

export const tenantErased = (tenant: Tenant): DomainError =>
  new DomainError('TENANT_ERASED', `tenant ${JSON.stringify(tenant)} was erased: use a tenant with another name`);
