import { z } from 'zod';

/** A JSON object as the API shows it. Fields that are undefined are left out. */
export type Resource = Readonly<Record<string, unknown>>;

export const JsonSchema = z.unknown().meta({ description: 'Any JSON value' });

export const SealedSchema = z
  .object({ sealed: z.literal(true) })
  .meta({ id: 'Sealed', description: 'A stored secret, never shown. Send this object back to keep the secret' });
