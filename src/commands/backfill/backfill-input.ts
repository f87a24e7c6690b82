import { z } from 'zod';
import { Reprocess } from '../../domain/events/index.ts';
import { InstantInput } from '../../domain/values.ts';
import { ReasonInput } from '../reason-input.ts';

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
  reason: ReasonInput.optional(),
});
export type BackfillInput = z.infer<typeof BackfillInput>;
