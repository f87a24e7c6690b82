import type { z } from 'zod';
import { JobDefinition } from '../events/index.ts';
import { type Schedule, slots } from '../schedule/index.ts';

/** The part of a definition that says which slots there are. */
export const SlotDefinition = JobDefinition.pick({ pattern: true, timezone: true, startAt: true, endAt: true });
export type SlotDefinition = z.infer<typeof SlotDefinition>;

/** A time in which one definition of a job was in force. It ends where the next one begins. */
export type DefinitionPeriod = {
  /** Revision of the definition in the job's stream. */
  readonly jobRevision: number;
  /** Its slots are those after this instant, epoch ms. */
  readonly fromMs: number;
  /** Undefined where no slot was due: the job was disabled or deleted. */
  readonly schedule: Schedule | undefined;
};

export type Slot = { readonly slotMs: number; readonly jobRevision: number };
/** The instants after `afterMs` up to `untilMs`, epoch ms. */
type Span = { readonly afterMs: number; readonly untilMs: number };

/**
 * The slots of a job in a span, oldest first, each by the definition that was in force then.
 * @param periods oldest first
 */
export function* slotsOf(periods: readonly DefinitionPeriod[], { afterMs, untilMs }: Span): Generator<Slot, void> {
  for (const [index, { schedule, fromMs, jobRevision }] of periods.entries()) {
    if (schedule === undefined) continue;
    const lastMs = Math.min(untilMs, periods[index + 1]?.fromMs ?? Number.POSITIVE_INFINITY);
    for (const slotMs of slots(schedule, Math.max(afterMs, fromMs))) {
      if (slotMs > lastMs) break;
      yield { slotMs, jobRevision };
    }
  }
}
