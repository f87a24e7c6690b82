import type { FragmentSqlToken } from 'slonik';
import type { RowReader } from '../../../db/reader.ts';
import type { ClosableJob, ClosureBook } from '../../../domain/closure/closure-book.ts';
import type { Runs } from '../../../domain/execution/tail.ts';
import type { SlotClosure, SlotOutcome, SlotOutcomeName, SlotRecords } from '../../../domain/ledger/explain-slot.ts';
import type { PeriodSlot } from '../../../domain/ledger/periods.ts';
import type { ClosureSearch } from '../closures.ts';
import type { Scope } from '../scope.ts';

/** The state of a job's runs, and what determines its blackouts. */
export type JobRuns = { readonly runs: Runs; readonly closable: ClosableJob };

export type JobSlot = PeriodSlot & { readonly jobId: number };

/** A place in the list of slots, which is ordered by time and then job. */
export type SlotPlace = { readonly jobId: number; readonly slotMs: number };

export type OccurrenceFilter = {
  readonly jobId?: number;
  /** Slots after this instant, ISO. */
  readonly from: string;
  /** Slots up to this instant, ISO. */
  readonly to: string;
  readonly outcomes?: readonly SlotOutcomeName[];
};

/** A slot of a job, and its outcome. */
export type OccurrenceView = SlotOutcome &
  SlotClosure & {
    readonly jobId: number;
    readonly at: string;
    /** Version of the definition that was active then, from 1. */
    readonly definitionVersion: number;
  };

/** The knowledge about slots: now, or as of an instant. */
export type SlotLedger = {
  readonly reader: RowReader;
  readonly nowMs: number;
  /** A FROM item with the columns of `definitions_in_force`. */
  readonly periods: FragmentSqlToken;
  /** Whether slots with rare outcomes can be looked up directly. */
  readonly findsCandidates: boolean;
  /** The records of each slot, by its index in the list. */
  recordsOf(slots: readonly JobSlot[]): Promise<ReadonlyMap<number, SlotRecords>>;
  /** The runs of existing jobs, and what determines their blackouts. */
  runsOf(jobIds: ReadonlySet<number>): Promise<ReadonlyMap<number, JobRuns>>;
  closureBook(search: ClosureSearch): Promise<ClosureBook>;
};

/** The slots to find. */
export type SlotSearch = {
  readonly scope: Scope;
  /** `undefined` for all jobs. */
  readonly jobId: number | undefined;
  /** `undefined` for all outcomes. */
  readonly outcomes: readonly SlotOutcomeName[] | undefined;
  /** Slots after this place, up to the instant, epoch ms. */
  readonly after: SlotPlace;
  readonly untilMs: number;
};
