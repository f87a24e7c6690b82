import type { RowReader, RowReaderFor } from '../../db/reader.ts';
import type { ReadFastThenSlow } from '../../db/readers.ts';
import type { Blackouts } from '../../domain/closure/closure.ts';
import type { ClosableJob } from '../../domain/closure/closure-book.ts';
import type { RuleFields, ScheduleFields } from '../../domain/events/index.ts';
import type { Clock } from '../../runtime/runtime.ts';
import type { StreamReader } from './as-of/log-at.ts';

/** What queries use; created once. */
export type QueryContext = {
  /** Plans each statement again, for lists and counts. */
  readonly readerFor: RowReaderFor;
  /** Keeps plans that use an index. */
  readonly fastThenSlow: ReadFastThenSlow;
  /** The same for jobs, and for an execution, by id. */
  readonly jobsById: RowReaderFor;
  readonly executionById: RowReaderFor;
  readonly clock: Clock;
  readonly slotIndex: SlotIndex;
  /** The log, for past data that the read models no longer have. */
  readonly store: StreamReader;
  readonly logId: string;
};

/**
 * Computes next runs of many jobs. A process caches each job's slots by revision, and its next run until that has passed: a
 * second request for 10,000 jobs computes only what has changed.
 */
export type SlotIndex = {
  /** These jobs with their slots. Excludes disabled and deleted jobs. */
  jobsOf(reader: RowReader, rows: readonly JobRevision[], nowMs: number): Promise<readonly SlotJob[]>;
};

/** A job, and its newest known revision. */
export type JobRevision = { readonly jobId: number; readonly revision: number };

export type SlotJob = JobRevision &
  ScheduleFields &
  RuleFields &
  ClosableJob & {
    readonly enabled: true;
    readonly timezone: string;
    /** Its current blackouts. */
    readonly closures: Blackouts;
    /** Its next slot outside blackouts, epoch ms. */
    readonly nextMs: number | undefined;
    /** Number of called slots; 0 for a job without `maxRuns`, which does not need it. */
    readonly runs: number;
  };
