import type { ExecutionSelection } from '../../../domain/events/index.ts';
import type { SlotOutcome, SlotOutcomeName } from '../../../domain/ledger/explain-slot.ts';
import type { SlotCounts } from '../../../domain/ledger/uncalled.ts';

export type ExecutionFilter = Readonly<Omit<ExecutionSelection, 'all'>>;

export type OccurrenceFilter = {
  readonly jobId?: number;
  /** Slots after this instant, ISO. */
  readonly from: string;
  /** Slots up to this instant, ISO. */
  readonly to: string;
  readonly outcomes?: readonly SlotOutcomeName[];
};

/** A slot of a job, and what became of it. */
export type OccurrenceView = SlotOutcome & {
  readonly jobId: number;
  /** The slot. */
  readonly at: string;
  /** Version of the definition that was in force then; the first is 1. */
  readonly definitionVersion: number;
};

/** What became of the slots of a day. */
export type SlotDay = SlotCounts & {
  /** Those that were called, in time or late, and whose execution failed. */
  readonly failed: number;
};
