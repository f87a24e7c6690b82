import { z } from 'zod';
import { Instant } from '../values.ts';

/**
 * The leaves of all trees that follow those of the event before, up to an instant, so that these trees can be made again
 * when the events themselves are cut.
 */
export const LeavesKept = z.object({
  type: z.literal('LeavesKept'),
  data: z.object({
    /** Every leaf that was recorded before is kept, by this event or an earlier one. */
    before: Instant,
    /** Position of the event of the last one of these leaves. */
    position: z.string(),
    trees: z.array(
      z.object({
        /** As a tree names it: not checked again, as every leaf has one. */
        tenant: z.string(),
        /** Hash, position and time of each leaf, in the order of the tree; base64. */
        leaves: z.base64(),
      }),
    ),
  }),
});
