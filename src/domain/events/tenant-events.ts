import { z } from 'zod';
import { Instant, Tenant } from '../values.ts';
import { Actor } from './metadata.ts';

/** The erasure of a tenant: everything of it is deleted by the ordinary commands, and no command of it is accepted. */
export const TenantErasure = z.object({
  tenant: Tenant,
  reason: z.string().exactOptional(),
  /** Every change that the erasure makes is recorded under it, as made by `requestedBy`. */
  correlationId: z.string(),
  requestedBy: Actor,
  requestedAt: Instant,
  /** Absent while it is carried out. */
  erasedAt: Instant.exactOptional(),
  /** How many things it ended, by the operation of the API that ends one; absent while it is carried out. */
  counts: z.record(z.string(), z.int()).exactOptional(),
});
export type TenantErasure = z.infer<typeof TenantErasure>;

/** Each carries the erasure after the change. */
export const TenantErasureRequested = z.object({ type: z.literal('TenantErasureRequested'), data: TenantErasure });
/** Nothing of the tenant is left. */
export const TenantErased = z.object({ type: z.literal('TenantErased'), data: TenantErasure });

export const TenantEvent = z.discriminatedUnion('type', [TenantErasureRequested, TenantErased]);
export type TenantEvent = z.infer<typeof TenantEvent>;
