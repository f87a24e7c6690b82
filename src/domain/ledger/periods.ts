import type { z } from 'zod';
import { RuleFields, ScheduleFields } from '../events/index.ts';
import type { Span } from '../execution/tail.ts';
import type { RunRules } from '../job/rules.ts';
import { type JobSlots, slots } from '../schedule/index.ts';

/** The part of a definition that determines its slots and their outcome. */
export const SlotDefinition = ScheduleFields.extend(
  RuleFields.pick({ calendar: true, jitter: true, maxRuns: true, misfireLimit: true, overlap: true }).shape,
);
export type SlotDefinition = z.infer<typeof SlotDefinition>;

export type DefinitionPeriod = Span & {
  readonly jobRevision: number;
  /** The job was disabled by this definition: its slots were skipped and are not in the log. */
  readonly isDisabled?: true;
  readonly slots: JobSlots;
  readonly rules: RunRules;
};

export type PeriodSlot = { readonly slotMs: number; readonly period: DefinitionPeriod };

/**
 * Yields a job's slots in a span, oldest first, each by the definition active at that time.
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
