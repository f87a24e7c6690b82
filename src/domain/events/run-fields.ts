import { z } from 'zod';
import { BackfillId, ExecutionId, Instant } from '../values.ts';
import { ScheduleFields } from './job-fields.ts';

/** Which slots a backfill calls: those that never ran, those that did not succeed too, or every one. */
export const REPROCESS = ['none', 'failed', 'all'] as const;
export const Reprocess = z.enum(REPROCESS);
export type Reprocess = z.infer<typeof Reprocess>;

/** Some of the slots that a schedule has after one instant and up to another. */
export const ChosenSlots = z.object({
  schedule: ScheduleFields,
  after: Instant,
  until: Instant,
  /** One bit for each slot of the span, 1 where it is chosen; base64, lowest bit first. Absent where all are chosen. */
  bits: z.string().optional(),
});
export type ChosenSlots = z.infer<typeof ChosenSlots>;

/** What is left of a backfill: the slots that are still to be called. */
export const WaitingBackfill = ChosenSlots.extend({
  backfillId: BackfillId,
  /** At most so many executions of it are open at once. */
  parallel: z.int().positive(),
  createdBy: z.string(),
  /** W3C trace context of the request for it. */
  requestTrace: z.string().optional(),
});
export type WaitingBackfill = z.infer<typeof WaitingBackfill>;

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
  notCalled: z.array(z.object({ outcome: z.enum(['skipped', 'missed']), reason: z.string(), slots: z.int() })),
  /** The lowest and the highest id of these executions. */
  ids: z.object({ first: ExecutionId, last: ExecutionId }).optional(),
});
export type ExpiredTotals = z.infer<typeof ExpiredTotals>;

/** That a definition came into force. */
export const ActiveDefinition = z.object({
  jobRevision: z.int(),
  from: Instant,
  /** When that was recorded. */
  activatedAt: Instant,
});
export type ActiveDefinition = z.infer<typeof ActiveDefinition>;
