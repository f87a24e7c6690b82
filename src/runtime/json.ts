import type { z } from 'zod';

/** Parses a text as JSON of this schema; undefined if it is not. */
export const parseJsonAs = <T>(schema: z.ZodType<T>, text: string): T | undefined => {
  try {
    return schema.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
};
