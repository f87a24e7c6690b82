import { sql } from 'slonik';
import { z } from 'zod';
import type { RowReader } from '../../../db/reader.ts';
import { type Blackouts, NO_CLOSURES } from '../../../domain/closure/closure.ts';
import { calendarNames } from '../../../domain/closure/closure-book.ts';
import { RuleFields, ScheduleFields } from '../../../domain/events/index.ts';
import { nextRunMs } from '../../../domain/job/job-state.ts';
import { toMs } from '../../../domain/values.ts';
import type { Clock } from '../../../runtime/runtime.ts';
import { createYielder } from '../../yielder.ts';
import { loadClosureBook } from '../closures.ts';
import type { JobRevision, SlotIndex, SlotJob } from '../context.ts';
import { MOVED_CURSOR } from '../jobs-row.ts';
import { bigint, json } from '../row.ts';
import { views } from '../views.ts';

type KnownJob = {
  /** Without blackouts. */
  job: SlotJob;
  /** Until then, without blackouts, the next slot stays the same. */
  knownUntilMs: number;
  readonly cursorMs: number | undefined;
};

const ScheduleRow = z.object({
  job_id: bigint,
  tenant: z.string(),
  application_id: bigint,
  enabled: z.boolean(),
  job_revision: bigint,
  schedule_fields: json.pipe(ScheduleFields),
  rules: json.pipe(RuleFields).nullable(),
  target: z.string().nullable(),
  labels: z.string().nullable(),
  runs: bigint.nullable(),
  cursor: z.string().nullable(),
});

/** Maximum jobs to load at once. */
const AT_ONCE = 250;
/** About 400 bytes each. */
const MAX_KNOWN = 200_000;

export const createSlotIndex = (clock: Clock): SlotIndex => {
  const known = new Map<number, KnownJob>();

  const load = async (reader: RowReader, jobIds: readonly number[]): Promise<void> => {
    const rows = await reader.any(sql.type(ScheduleRow)`
      SELECT job_id, tenant, application_id, enabled, job_revision, schedule_fields, rules, target, labels,
        CASE WHEN rules LIKE '%"maxRuns"%' THEN (tail::json ->> 'runs')::bigint END AS runs,
        ${MOVED_CURSOR}
      FROM ${views.schedule} AS scheduled WHERE NOT deleted AND job_id = ANY (${sql.array([...jobIds], 'int8')})`);
    for (const row of rows) {
      if (!row.enabled) continue;
      const rules = row.rules ?? {};
      known.set(row.job_id, {
        job: {
          ...row.schedule_fields,
          ...rules,
          jobId: row.job_id,
          revision: row.job_revision,
          tenant: row.tenant,
          applicationId: row.application_id,
          enabled: true,
          calendar: rules.calendar,
          target: row.target ?? undefined,
          labelsText: row.labels ?? undefined,
          runs: row.runs ?? 0,
          closures: NO_CLOSURES,
          nextMs: undefined,
        },
        knownUntilMs: Number.NEGATIVE_INFINITY,
        cursorMs: row.cursor === null ? undefined : toMs(row.cursor),
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
