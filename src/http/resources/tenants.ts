import { z } from 'zod';
import { Instant } from '../../domain/values.ts';

export const TenantSchema = z
  .object({
    tenant: z.string(),
    applications: z.int(),
    jobs: z.int(),
    tokens: z.int(),
  })
  .meta({ id: 'Tenant', description: 'Counts of what is there; deleted things are not counted' });

export const TenantErasureSchema = z
  .object({
    status: z.enum(['running', 'ended']),
    requestedAt: Instant,
    requestedBy: z.string(),
    reason: z.string().optional(),
    erasedAt: Instant.optional(),
    stays: z.string().meta({ description: 'What is left of the tenant, why, and for whom' }),
    counts: z.record(z.string(), z.int()).meta({
      description: 'How many things it has ended, by the operation of this API that ends one',
    }),
  })
  .meta({ id: 'TenantErasure', description: 'Once it has ended, nothing of the tenant is left but what `stays` says' });

export const TenantStateSchema = TenantSchema.extend({ erasure: TenantErasureSchema.optional() }).meta({
  id: 'TenantState',
  description: 'With its erasure, where one was requested',
});
