import type {
  CallResult,
  ExecutionError,
  ExecutionSelection,
  ExecutionStatus,
  JobSnapshot,
  LateReason,
  Trigger,
} from '../../../domain/events/index.ts';
import type { SlotOutcome, SlotOutcomeName } from '../../../domain/ledger/explain-slot.ts';
import type { SlotCounts } from '../../../domain/ledger/slot-counts.ts';
import type { Revision } from '../../../event-store/port.ts';

export type ExecutionFilter = Readonly<Omit<ExecutionSelection, 'all'>>;

export type ExecutionView = {
  readonly id: number;
  readonly jobId: number;
  readonly applicationId: number;
  readonly status: ExecutionStatus;
  readonly trigger: Trigger;
  readonly scheduledAt: string;
  readonly startedAt: string | null;
  /** Why a slot was called more than 1 s after it was due. */
  readonly late?: LateReason;
  readonly finishedAt: string | null;
  readonly createdAt: string;
  readonly createdBy?: string;
  readonly attempt: number;
  /** Oldest first. */
  readonly attempts: readonly AttemptView[];
  /** When the next attempt is made. */
  readonly retryAt?: string;
  readonly engineId?: string;
  /** Revision of the definition that it was claimed by; absent before. */
  readonly jobRevision?: Revision;
  /** The execution that it repeats. */
  readonly rerunOf?: number;
  /** The backfill that it is of. */
  readonly backfillId?: number;
  /** Of the token of its last attempt; never shown. */
  readonly tokenHash?: string;
  /** When it fails unless its target has said how it ended. */
  readonly deadlineAt?: string;
  /** When its target was last heard of, and how far it was. */
  readonly heardAt?: string;
  readonly progress?: unknown;
  readonly labels?: Readonly<Record<string, string>>;
  readonly jobSnapshot: JobSnapshot | null;
  readonly result?: CallResult;
  readonly error?: ExecutionError;
};

/** An attempt that has ended. */
export type AttemptView = {
  readonly attempt: number;
  /** When its request was sent; null where none was. */
  readonly startedAt: string | null;
  readonly finishedAt: string;
  /** The status that the target answered with, where the attempt succeeded. */
  readonly status?: number | undefined;
  /** Why it did not succeed. */
  readonly error?: ExecutionError | undefined;
};

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
