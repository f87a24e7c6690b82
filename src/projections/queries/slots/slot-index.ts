import { sql } from 'slonik';
import type { RowReader } from '../../../db/reader.ts';
import { type Blackouts, NO_CLOSURES } from '../../../domain/closure/closure.ts';
import { calendarNames } from '../../../domain/closure/closure-book.ts';
import { nextRunMs } from '../../../domain/job/job-state.ts';
import type { Clock } from '../../../runtime/runtime.ts';
import { createYielder } from '../../yielder.ts';
import { loadClosureBook } from '../closures.ts';
import type { JobRevision, SlotIndex, SlotJob } from '../context.ts';
import { readScheduledJobs } from '../scheduled-jobs.ts';

type KnownJob = {
  /** Without blackouts. */
  job: SlotJob;
  /** Until then, without blackouts, the next slot stays the same. */
  knownUntilMs: number;
  readonly cursorMs: number | undefined;
};

/** Maximum jobs to load at once. */
const AT_ONCE = 250;
/** About 400 bytes each. */
const MAX_KNOWN = 200_000;

export const createSlotIndex = (clock: Clock): SlotIndex => {
  const known = new Map<number, KnownJob>();

  const load = async (reader: RowReader, jobIds: readonly number[]): Promise<void> => {
    const jobs = await readScheduledJobs(reader, sql.fragment`job_id = ANY (${sql.array([...jobIds], 'int8')})`);
    for (const { enabled, cursorMs, ...job } of jobs) {
      if (!enabled) continue;
      known.set(job.jobId, {
        job: { ...job, enabled, closures: NO_CLOSURES, nextMs: undefined },
        knownUntilMs: Number.NEGATIVE_INFINITY,
        cursorMs,
      });
    }
  };

  /** Counted runs and cursors change without a new revision. */
  const isKnown = ({ jobId, revision }: JobRevision): boolean => {
    const job = known.get(jobId)?.job;
    return (
      job !== undefined && job.revision >= revision && job.maxRuns === undefined && job.calendar?.shift === undefined
    );
  };

  const placed = (entry: KnownJob, closures: Blackouts, nowMs: number): SlotJob => {
    if (closures === NO_CLOSURES && nowMs < entry.knownUntilMs) return entry.job;
    const nextMs = nextRunMs(entry.job, { nowMs, runs: entry.job.runs, closures, cursorMs: entry.cursorMs });
    if (closures !== NO_CLOSURES) return { ...entry.job, closures, nextMs };
    entry.job = { ...entry.job, nextMs };
    entry.knownUntilMs = nextMs ?? Number.POSITIVE_INFINITY;
    return entry.job;
  };

  return {
    jobsOf: async (reader, rows, nowMs) => {
      const others = createYielder(clock);
      if (known.size > MAX_KNOWN) known.clear();
      const missing = rows.filter((row) => !isKnown(row)).map(({ jobId }) => jobId);
      for (let first = 0; first < missing.length; first += AT_ONCE) {
        await load(reader, missing.slice(first, first + AT_ONCE));
      }
      const jobs = rows.flatMap(({ jobId }) => known.get(jobId) ?? []);
      const book = await loadClosureBook(reader, {
        tenants: [...new Set(jobs.map(({ job }) => job.tenant))],
        calendars: [...new Set(jobs.flatMap(({ job: { calendar } }) => calendarNames(calendar)))],
        afterMs: nowMs,
      });
      const found: SlotJob[] = [];
      for (const each of jobs) {
        found.push(placed(each, book.closuresOf(each.job), nowMs));
        await others.yieldIfDue();
      }
      return found;
    },
  };
};
