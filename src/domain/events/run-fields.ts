import { z } from 'zod';
import { BackfillId, ExecutionId, Instant } from '../values.ts';
import { ScheduleFields } from './job-events.ts';

/** Which slots a backfill calls: those that never ran, also those that did not succeed, or all. */
export const REPROCESS = ['none', 'failed', 'all'] as const;
export const Reprocess = z.enum(REPROCESS);
export type Reprocess = z.infer<typeof Reprocess>;

/** A selection of a schedule's slots after one instant and up to another. */
export const ChosenSlots = z.object({
  schedule: ScheduleFields,
  after: Instant,
  until: Instant,
  /** One bit for each slot of the span, 1 if it is chosen; base64, lowest bit first. Absent if all are chosen. */
  bits: z.string().optional(),
});
export type ChosenSlots = z.infer<typeof ChosenSlots>;

/** A backfill's remaining slots. */
export const WaitingBackfill = ChosenSlots.extend({
  backfillId: BackfillId,
  /** Maximum open executions of the backfill. */
  parallel: z.int().positive(),
  createdBy: z.string(),
  /** W3C trace context of the request. */
  requestTrace: z.string().optional(),
});
export type WaitingBackfill = z.infer<typeof WaitingBackfill>;

/** Up to when the executions of a job have expired. */
export const Expiry = z.object({
  /** Executions created before, and slots up to it, are no longer known. */
  before: Instant,
  /** Revision, in the stream of runs, of the event that recorded the expiry. */
  revision: z.int(),
});
export type Expiry = z.infer<typeof Expiry>;

/** Totals of a job's expired executions and slots, since the first one. */
export const ExpiredTotals = z.object({
  succeeded: z.int(),
  failed: z.int(),
  cancelled: z.int(),
  /** Called slots by why they were late; the empty text for those on time. */
  called: z.record(z.string(), z.int()),
  /** Slots settled without a call. A range of more than 10,000 counts as 10,000. */
  notCalled: z.array(z.object({ outcome: z.enum(['skipped', 'missed']), reason: z.string(), slots: z.int() })),
  /** Lowest and highest id of these executions. */
  ids: z.object({ first: ExecutionId, last: ExecutionId }).optional(),
});
export type ExpiredTotals = z.infer<typeof ExpiredTotals>;

export const ActiveDefinition = z.object({
  jobRevision: z.int(),
  from: Instant,
  activatedAt: Instant,
});
export type ActiveDefinition = z.infer<typeof ActiveDefinition>;
