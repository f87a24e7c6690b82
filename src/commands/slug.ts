import { z } from 'zod';

/** The name of a calendar or a limit, as jobs and paths write it. */
export const Slug = z
  .string()
  .max(64)
  .regex(/^[a-z0-9]+(?:-[a-z0-9]+)*$/, 'must be lower-case letters, digits and single hyphens, at most 64');
