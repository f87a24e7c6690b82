import { z } from 'zod';
import { toInstant } from '../../domain/values.ts';

/** Schemas that convert columns as slonik reads them. */
export const bigint = z.bigint().transform(Number);
export const instant = z.number().transform(toInstant);
export const json = z.string().transform((text): unknown => JSON.parse(text));
export const count = z.object({ count: bigint });

/** Tells whether a number can be an id. Others match nothing, and Postgres would refuse them. */
export const isId = (id: number): boolean => Number.isSafeInteger(id) && id >= 0;
