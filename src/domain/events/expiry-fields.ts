import { z } from 'zod';
import { ExecutionId, Instant } from '../values.ts';

/** Up to when the executions of a job have expired. */
export const Expiry = z.object({
  /** Executions that were created before, and slots up to it, are not known any more. */
  before: Instant,
  /** Revision, in the stream of runs, of the event that says so. */
  revision: z.int(),
});
export type Expiry = z.infer<typeof Expiry>;

/** What is still known of a job's executions and slots that have expired, from the first one on. */
export const ExpiredTotals = z.object({
  succeeded: z.int(),
  failed: z.int(),
  cancelled: z.int(),
  /** Slots that were called, by why they were late; the empty text for those that were not. */
  called: z.record(z.string(), z.int()),
  /** Slots that were settled without a call. A range of more than 10,000 counts as 10,000. */
  uncalled: z.array(z.object({ outcome: z.enum(['skipped', 'missed']), reason: z.string(), slots: z.int() })),
  /** The lowest and the highest id of these executions. */
  ids: z.object({ first: ExecutionId, last: ExecutionId }).optional(),
});
export type ExpiredTotals = z.infer<typeof ExpiredTotals>;

/** That a definition came into force. */
export const DefinitionInForce = z.object({
  jobRevision: z.int(),
  from: Instant,
  /** When that was recorded. */
  takenAt: Instant,
});
export type DefinitionInForce = z.infer<typeof DefinitionInForce>;
