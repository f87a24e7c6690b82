import type { z } from 'zod';
import { JobDefinition } from '../events/index.ts';
import { type Schedule, slots } from '../schedule/index.ts';

/** The part of a definition that says which slots there are. */
export const SlotDefinition = JobDefinition.pick({ pattern: true, timezone: true, startAt: true, endAt: true });
export type SlotDefinition = z.infer<typeof SlotDefinition>;

/** The instants after `afterMs` up to `untilMs`, epoch ms. */
export type SlotSpan = { readonly afterMs: number; readonly untilMs: number };

/** A time in which a definition that has slots was in force. */
export type DefinitionPeriod = SlotSpan & {
  /** Revision of the definition in the job's stream. */
  readonly jobRevision: number;
  readonly schedule: Schedule;
};

export type Slot = { readonly slotMs: number; readonly jobRevision: number };

/**
 * The slots of a job in a span, oldest first, each by the definition that was in force then.
 * @param periods oldest first
 */
export function* slotsOf(periods: readonly DefinitionPeriod[], span: SlotSpan): Generator<Slot, void> {
  for (const { schedule, afterMs, untilMs, jobRevision } of periods) {
    const lastMs = Math.min(span.untilMs, untilMs);
    for (const slotMs of slots(schedule, Math.max(span.afterMs, afterMs))) {
      if (slotMs > lastMs) break;
      yield { slotMs, jobRevision };
    }
  }
}
