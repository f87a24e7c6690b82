import { z } from 'zod';
import { durationInput } from '../../domain/duration-input.ts';
import { MIN_RETENTION } from '../../domain/retention/wanted-horizon.ts';

/** How long executions are kept, as callers send it. */
export const RetentionInput = z
  .strictObject({
    maxAge: durationInput({ least: MIN_RETENTION, most: '3650d' }),
    keepLast: z.int().min(1).max(10_000).exactOptional(),
  })
  .meta({
    id: 'Retention',
    description: 'The newest `keepLast` executions are kept even if they are older than `maxAge`',
  });
