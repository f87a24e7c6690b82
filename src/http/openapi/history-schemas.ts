import { z } from 'zod';
import { Instant } from '../../domain/values.ts';

/** Schemas of who changed what. */

const FieldChangeSchema = z
  .object({
    path: z.string().meta({ description: 'JSON pointer to the field' }),
    from: z.unknown().meta({ description: 'Absent where the field was' }),
    to: z.unknown().meta({ description: 'Absent where the field is' }),
  })
  .partial({ from: true, to: true })
  .meta({ id: 'FieldChange', description: 'Secrets are shown as {"sealed": true}, values over 4 KiB by their size' });

export const HistoryEntrySchema = z
  .object({
    version: z.int().meta({ description: 'The first is 1' }),
    at: Instant.meta({ description: 'When it was recorded' }),
    actor: z.string(),
    action: z.string().meta({ description: 'The operation of this API that makes such a change' }),
    reason: z.string().optional(),
    requestId: z.string().meta({ description: 'The `X-Request-Id` of the request' }),
    changes: z.array(FieldChangeSchema).meta({ description: 'What differs from the version before' }),
  })
  .meta({ id: 'HistoryEntry' });
