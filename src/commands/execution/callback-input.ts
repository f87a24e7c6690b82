import { z } from 'zod';
import { isStorableText, Json } from '../../domain/values.ts';

const MOST_RESULT_BYTES = 65_536;
const MOST_PROGRESS_BYTES = 4_096;

const sized = (bytes: number) =>
  Json.refine((value) => JSON.stringify(value).length <= bytes, `must be at most ${bytes} characters of JSON`);

/** What a target says of the end of its work. */
export const CompletionInput = z
  .strictObject({
    status: z.enum(['succeeded', 'failed']),
    result: sized(MOST_RESULT_BYTES).optional(),
    /** What went wrong, in words. */
    error: z
      .string()
      .min(1)
      .max(2_000)
      .refine(isStorableText, 'must not contain NUL or unpaired surrogates')
      .optional(),
  })
  .check(({ value, issues }) => {
    if (value.status === 'succeeded' && value.error !== undefined) {
      const message = 'goes with status "failed", not with "succeeded"';
      issues.push({ code: 'custom', path: ['error'], message, input: value });
    }
  })
  .meta({ id: 'Completion' });

/** What a target says while it is at work. */
export const HeartbeatInput = z
  .strictObject({ progress: sized(MOST_PROGRESS_BYTES).optional() })
  .optional()
  .meta({ id: 'Heartbeat' });
