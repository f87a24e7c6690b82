import { z } from 'zod';

/** What a caller may say of an execution that it requests. */
export const RequestInput = z
  .strictObject({
    /** Whether it is called although the job is paused. */
    force: z.boolean().optional(),
  })
  .optional()
  .meta({ id: 'RequestExecution' });
