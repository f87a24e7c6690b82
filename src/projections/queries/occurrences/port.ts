import type { FragmentSqlToken } from 'slonik';
import type { RowReader } from '../../../db/reader.ts';
import type { ClosureBook } from '../../../domain/closure/closure-book.ts';
import type { SlotOutcomeName, SlotRecords } from '../../../domain/ledger/explain-slot.ts';
import type { ClosureSearch } from '../load-closures.ts';
import type { Scope } from '../port/scope.ts';
import type { JobSlot, SlotPlace } from './first-slots.ts';
import type { JobRuns } from './load-runs.ts';

/** What is known of slots: now, or as of an instant. */
export type SlotLedger = {
  readonly reader: RowReader;
  readonly nowMs: number;
  /** A FROM item with the columns of `definitions_in_force`. */
  readonly periods: FragmentSqlToken;
  /** Whether slots with rare outcomes can be looked up by themselves. */
  readonly findsCandidates: boolean;
  /** What is recorded of each slot, by its place among them. */
  recordsOf(slots: readonly JobSlot[]): Promise<ReadonlyMap<number, SlotRecords>>;
  /** The runs of jobs, and what these are closed by; without those that are gone. */
  runsOf(jobIds: ReadonlySet<number>): Promise<ReadonlyMap<number, JobRuns>>;
  closureBook(search: ClosureSearch): Promise<ClosureBook>;
};

/** Which slots are looked for. */
export type SlotSearch = {
  readonly scope: Scope;
  /** All jobs, where undefined. */
  readonly jobId: number | undefined;
  /** All outcomes, where undefined. */
  readonly outcomes: readonly SlotOutcomeName[] | undefined;
  /** Slots after this place, up to the instant, epoch ms. */
  readonly after: SlotPlace;
  readonly untilMs: number;
};
