import type { z } from 'zod';
import { RuleFields, ScheduleFields } from '../events/index.ts';
import type { Span } from '../execution/tail.ts';
import type { RunRules } from '../job/rules.ts';
import { type JobSlots, slots } from '../schedule/index.ts';

/** The part of a definition that says which slots there are, and what becomes of them. */
export const SlotDefinition = ScheduleFields.extend(
  RuleFields.pick({ jitter: true, maxRuns: true, misfireLimit: true, overlap: true }).shape,
);
export type SlotDefinition = z.infer<typeof SlotDefinition>;

/** A time in which a definition was in force. */
export type DefinitionPeriod = Span & {
  /** Revision of the definition in the job's stream. */
  readonly jobRevision: number;
  /** Whether the job was disabled by this definition: its slots were skipped, and the log records nothing of them. */
  readonly isDisabled?: true;
  readonly slots: JobSlots;
  readonly rules: RunRules;
};

export type PeriodSlot = { readonly slotMs: number; readonly period: DefinitionPeriod };

/**
 * The slots of a job in a span, oldest first, each by the definition that was in force then.
 * @param periods oldest first
 */
export function* slotsOf(periods: readonly DefinitionPeriod[], span: Span): Generator<PeriodSlot, void> {
  for (const period of periods) {
    const lastMs = Math.min(span.untilMs, period.untilMs);
    for (const slotMs of slots(period.slots, Math.max(span.afterMs, period.afterMs))) {
      if (slotMs > lastMs) break;
      yield { slotMs, period };
    }
  }
}
