import { z } from 'zod';
import { LogHome } from '../../domain/events/index.ts';
import { Instant } from '../../domain/values.ts';

/** Schemas of answers that are not stored records. */

export const ProblemSchema = z
  .object({
    type: z.string(),
    title: z.string(),
    status: z.int(),
    detail: z.string(),
    code: z.string().meta({ description: 'Stable, for programs' }),
    instance: z.string(),
    errors: z
      .array(z.object({ pointer: z.string(), message: z.string() }))
      .optional()
      .meta({ description: 'Each field that is wrong, by its JSON pointer' }),
  })
  .meta({ id: 'Problem', description: 'Problem details, RFC 9457' });

const RoleReadiness = z.object({ ready: z.boolean(), reason: z.string().optional() });
export const ReadinessSchema = z
  .object({
    status: z.enum(['ready', 'degraded', 'unready']),
    roles: z.record(z.string(), RoleReadiness),
    degraded: z.array(z.object({ what: z.string(), since: Instant, reason: z.string().optional() })),
  })
  .meta({ id: 'Readiness' });

export const ReleasedSchema = LogHome.meta({ id: 'Released' });

export const RotatedKeysSchema = z.object({
  rewrapped: z.int(),
  current: z.int(),
  failed: z.array(z.object({ applicationId: z.int(), code: z.string(), message: z.string() })),
});
export const ErasedKeySchema = z.object({ applicationId: z.int(), generation: z.int().optional(), note: z.string() });
