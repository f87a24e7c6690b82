import { z } from 'zod';
import { Reprocess } from '../../domain/events/index.ts';
import { InstantInput, isPlainText } from '../../domain/values.ts';

const LONGEST_REASON = 500;
/** With `overlap: allow`, backfills leave as much room to the slots of the schedule. */
const MOST_PARALLEL = 50;

export const BackfillInput = z.strictObject({
  /** Slots after this instant. */
  from: InstantInput,
  /** Slots up to this instant. */
  to: InstantInput,
  reprocess: Reprocess.default('none'),
  parallel: z.int().min(1).max(MOST_PARALLEL).default(1),
  dryRun: z.boolean().default(false),
  reason: z
    .string()
    .min(1, 'must not be empty')
    .max(LONGEST_REASON)
    .refine(isPlainText, 'must not contain control characters or unpaired surrogates')
    .optional(),
});
export type BackfillInput = z.infer<typeof BackfillInput>;
