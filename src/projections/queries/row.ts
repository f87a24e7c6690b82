import { z } from 'zod';
import { toInstant } from '../../domain/values.ts';

/** Columns as they come from Postgres, and what they are inside. */
export const bigint = z.bigint().transform(Number);
export const instant = z.number().transform(toInstant);
export const json = z.string().transform((text): unknown => JSON.parse(text));
export const count = z.object({ count: bigint });

/** Ids beyond these are nobody's, and Postgres would refuse them. */
export const isId = (id: number): boolean => Number.isSafeInteger(id) && id >= 0;

const FIRST_MS = Date.parse('0001-01-01T00:00:00.000Z');
const LAST_MS = Date.parse('9999-12-31T00:00:00.000Z');
/** An instant of the years that Postgres and ISO 8601 both write with four digits. */
export const clampInstant = (instant: string): string => {
  const ms = Date.parse(instant);
  return toInstant(Number.isNaN(ms) ? LAST_MS : Math.min(LAST_MS, Math.max(FIRST_MS, ms)));
};
