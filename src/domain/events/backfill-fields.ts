import { z } from 'zod';
import { BackfillId, Instant } from '../values.ts';
import { ScheduleFields } from './schedule-fields.ts';

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
  requestedBy: z.string(),
  /** W3C trace context of the request for it. */
  requestTrace: z.string().optional(),
});
export type WaitingBackfill = z.infer<typeof WaitingBackfill>;
