import { z } from 'zod';

/** A JSON object of the API. Undefined fields are omitted. */
export type Resource = Readonly<Record<string, unknown>>;

export const JsonSchema = z.unknown().meta({ description: 'Any JSON value' });

export const SealedSchema = z
  .object({ sealed: z.literal(true) })
  .meta({ id: 'Sealed', description: 'A stored secret, never shown. Send this object back to keep the secret' });
