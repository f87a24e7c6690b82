import type { ReadInTurn } from '../../db/read-in-turn.ts';
import type { RowReader, RowReaderFor } from '../../db/reader.ts';
import type { Blackouts } from '../../domain/closure/closure.ts';
import type { ClosableJob } from '../../domain/closure/closure-book.ts';
import type { RuleFields, ScheduleFields } from '../../domain/events/index.ts';
import type { Clock } from '../../runtime/runtime.ts';
import type { StreamReader } from './as-of/log-at.ts';

/** What queries need. `createQueries` makes it once, and each query takes it whole. */
export type QueryContext = {
  /** Plans each statement anew, for lists and counts. */
  readonly readerFor: RowReaderFor;
  /** Keeps plans that go by an index. */
  readonly inTurn: ReadInTurn;
  /** The same for jobs, and for an execution, by their ids. */
  readonly jobsById: RowReaderFor;
  readonly executionById: RowReaderFor;
  readonly clock: Clock;
  readonly slotIndex: SlotIndex;
  /** The log, for what the read models do not have any more of the past. */
  readonly store: StreamReader;
  readonly logId: string;
};

/**
 * When jobs run next, for many jobs at once. A process keeps of each job what its slots are, by the revision that said
 * so, and its next run until that has passed: the second look at 10,000 jobs computes only what has changed.
 */
export type SlotIndex = {
  /** These jobs with what their slots are. Those that are disabled or gone are left out. */
  jobsOf(reader: RowReader, rows: readonly JobRevision[], nowMs: number): Promise<readonly SlotJob[]>;
};

/** A job, and its newest revision as the caller knows it. */
export type JobRevision = { readonly jobId: number; readonly revision: number };

export type SlotJob = JobRevision &
  ScheduleFields &
  RuleFields &
  ClosableJob & {
    readonly enabled: true;
    readonly timezone: string;
    /** What closes it now. */
    readonly closures: Blackouts;
    /** Its next slot that is in no closure, epoch ms. */
    readonly nextMs: number | undefined;
    /** How many slots were called; 0 for a job without `maxRuns`, whose count does not matter. */
    readonly runs: number;
  };
