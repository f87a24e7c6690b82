import { z } from 'zod';
import { toInstant } from '../../domain/values.ts';

/** Columns as they come from Postgres, and what they are inside. */
export const bigint = z.bigint().transform(Number);
export const instant = z.number().transform(toInstant);
export const json = z.string().transform((text): unknown => JSON.parse(text));
export const count = z.object({ count: bigint });

/** Ids beyond these are nobody's, and Postgres would refuse them. */
export const isId = (id: number): boolean => Number.isSafeInteger(id) && id >= 0;
