import { z } from 'zod';
import { InstantInput } from '../domain/values.ts';
import { EXPORT_FORMATS } from '../proofs/rows.ts';

/** What an export is asked for. */
export const ExportQuery = z.strictObject({
  from: InstantInput.meta({ description: 'Events recorded at this instant or after it' }),
  to: InstantInput.exactOptional().meta({ description: 'Events recorded before this instant; default: now' }),
  format: z.enum(EXPORT_FORMATS).default('ndjson'),
});
