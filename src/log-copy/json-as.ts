import type { z } from 'zod';

/** What a text says, if it is JSON of this schema. */
export const jsonAs = <T>(schema: z.ZodType<T>, text: string): T | undefined => {
  try {
    return schema.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
};
