import { z } from 'zod';
import { ProblemSchema } from '../resources/server.ts';

/** What answers hold, for descriptions that no route makes. */

/** The security of a path that needs no token. */
export const NO_TOKEN: Record<string, string[]>[] = [];

export const problem = (description: string) => ({
  description,
  content: { 'application/problem+json': { schema: ProblemSchema } },
});
export const text = (description: string, mediaType: string) => ({
  description,
  content: { [mediaType]: { schema: z.string() } },
});
export const json = (description: string, schema: z.ZodType) => ({
  description,
  content: { 'application/json': { schema } },
});
