import type { LateReason } from '../events/index.ts';
import type { Runs } from '../runs/tail.ts';
import type { SlotRange, UncalledReason } from './uncalled.ts';

/** What became of a slot; `due` is one that is not settled yet. */
export type SlotOutcome =
  | { readonly outcome: 'fired'; readonly executionId: number }
  | { readonly outcome: 'late'; readonly reason: LateReason; readonly executionId: number }
  | {
      readonly outcome: 'skipped' | 'missed';
      readonly reason: UncalledReason;
      /** The execution that was cancelled before its call. */
      readonly executionId?: number;
    }
  | { readonly outcome: 'due'; readonly executionId?: number };

/** An execution that a slot started. */
export type SlotExecution = {
  readonly executionId: number;
  readonly late?: LateReason;
  /** Whether it waits for its first call. */
  readonly waits: boolean;
};

/** What is known of a job's slots. */
export type SlotRecords = {
  readonly ranges: readonly Omit<SlotRange, 'count'>[];
  /** By their slots, epoch ms. */
  readonly executions: ReadonlyMap<number, SlotExecution>;
  /** The job's runs now; undefined for a job that is gone. */
  readonly runs: Runs | undefined;
  readonly nowMs: number;
};

/** What became of a slot: what is recorded of it, else what would be recorded now. */
export const explainSlot = (slotMs: number, records: SlotRecords): SlotOutcome => {
  const execution = records.executions.get(slotMs);
  const range = records.ranges.find(({ firstMs, lastMs }) => firstMs <= slotMs && slotMs <= lastMs);
  if (range !== undefined && (execution === undefined || range.executionId === execution.executionId)) {
    const { outcome, reason, executionId } = range;
    return { outcome, reason, ...(executionId === undefined ? {} : { executionId }) };
  }
  if (execution === undefined) return explainUnsettled(slotMs, records);
  const { executionId, late, waits } = execution;
  if (waits) return { outcome: 'due', executionId };
  return late === undefined ? { outcome: 'fired', executionId } : { outcome: 'late', reason: late, executionId };
};

/** Slots that pass while an execution is open are recorded as skipped when it ends. */
const explainUnsettled = (slotMs: number, { runs, nowMs }: SlotRecords): SlotOutcome =>
  runs !== undefined && runs.open.length > 0 && slotMs > runs.cursorMs && slotMs <= nowMs
    ? { outcome: 'skipped', reason: 'OVERLAP' }
    : { outcome: 'due' };
