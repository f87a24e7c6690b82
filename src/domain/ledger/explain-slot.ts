import type { LateReason } from '../events/index.ts';
import type { Runs } from '../runs/tail.ts';
import type { SlotRange, UncalledReason } from './uncalled.ts';

export const SLOT_OUTCOMES = ['fired', 'late', 'skipped', 'missed', 'due'] as const;
export type SlotOutcomeName = (typeof SLOT_OUTCOMES)[number];

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

/** What is recorded of a slot. */
export type SlotRecords = {
  /** The range of slots without a call that it falls in. */
  readonly range?: Pick<SlotRange, 'outcome' | 'reason' | 'executionId'>;
  readonly execution?: SlotExecution;
};

/** What a slot without a record is judged by. */
export type JobNow = {
  /** The job's runs; undefined for a job that is gone. */
  readonly runs: Runs | undefined;
  readonly nowMs: number;
};

/** What became of a slot: what is recorded of it, else what would be recorded now. */
export const explainSlot = (slotMs: number, { range, execution }: SlotRecords, now: JobNow): SlotOutcome => {
  if (range !== undefined && (execution === undefined || range.executionId === execution.executionId)) {
    const { outcome, reason, executionId } = range;
    return { outcome, reason, ...(executionId === undefined ? {} : { executionId }) };
  }
  if (execution === undefined) return explainUnsettled(slotMs, now);
  const { executionId, late, waits } = execution;
  if (waits) return { outcome: 'due', executionId };
  return late === undefined ? { outcome: 'fired', executionId } : { outcome: 'late', reason: late, executionId };
};

/** Slots that pass while an execution is open are recorded as skipped when it ends. */
const explainUnsettled = (slotMs: number, { runs, nowMs }: JobNow): SlotOutcome =>
  runs !== undefined && runs.open.length > 0 && slotMs > runs.cursorMs && slotMs <= nowMs
    ? { outcome: 'skipped', reason: 'OVERLAP' }
    : { outcome: 'due' };
