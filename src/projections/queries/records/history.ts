import { z } from 'zod';
import { CHANGED_KINDS } from '../../../domain/history/change-of.ts';
import { Instant } from '../../../domain/values.ts';

export const AUDIT_OUTCOMES = ['done', 'rejected'] as const;
export type AuditOutcome = (typeof AUDIT_OUTCOMES)[number];

const FieldChange = z
  .object({
    path: z.string().meta({ description: 'JSON pointer to the field' }),
    from: z.unknown().meta({ description: 'Absent if the field was absent' }),
    to: z.unknown().meta({ description: 'Absent if the field is absent' }),
  })
  .partial({ from: true, to: true })
  .meta({ id: 'FieldChange', description: 'Secrets are shown as {"sealed": true}, values over 4 KiB as their size' });

/** A version of a resource, and its differences from the previous version. */
export const HistoryEntry = z
  .object({
    version: z.int().meta({ description: 'The first is 1' }),
    at: Instant.meta({ description: 'When it was recorded' }),
    actor: z.string(),
    action: z.string().meta({ description: 'Operation of this API that makes this change' }),
    reason: z.string().optional(),
    requestId: z.string().meta({ description: 'The `X-Request-Id` of the request' }),
    changes: z.array(FieldChange).meta({ description: 'Differences from the previous version' }),
  })
  .meta({ id: 'HistoryEntry' });

export type HistoryEntry = z.infer<typeof HistoryEntry>;

/** A change, or rejected requests of one kind and source. */
export const AuditEntry = z
  .object({
    at: Instant,
    actor: z
      .string()
      .optional()
      .meta({ description: 'Absent if the caller is unknown, or if several callers were counted together' }),
    sub: z.string().optional().meta({
      description: 'The `sub` of a user whose `actor` is another claim; it distinguishes users with the same name',
    }),
    action: z.string().optional().meta({ description: 'An operation of this API' }),
    of: z
      .object({
        kind: z.enum(CHANGED_KINDS),
        id: z.int(),
        name: z.string(),
        applicationId: z.int(),
        path: z.string().meta({ description: 'Requested path, if the request was rejected' }),
      })
      .partial(),
    reason: z.string().optional(),
    outcome: z.enum(AUDIT_OUTCOMES),
    code: z.string().optional().meta({ description: 'Why it was rejected' }),
    requestId: z.string(),
    from: z.string().optional().meta({ description: 'Address that the rejected requests came from' }),
    count: z.int().optional().meta({ description: 'Number of rejected requests like this one' }),
  })
  .meta({ id: 'AuditEntry' });
export type AuditEntry = z.infer<typeof AuditEntry>;
