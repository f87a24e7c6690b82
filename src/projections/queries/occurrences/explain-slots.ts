import { sql } from 'slonik';
import { z } from 'zod';
import type { RowReader } from '../../../db/reader.ts';
import { LateReason } from '../../../domain/events/index.ts';
import { explainSlot, type SlotRecords } from '../../../domain/ledger/explain-slot.ts';
import { UNCALLED_REASONS } from '../../../domain/ledger/uncalled.ts';
import { type Closures, NO_CLOSURES } from '../../../domain/runs/closures.ts';
import { LAST_INSTANT_MS, toInstant } from '../../../domain/values.ts';
import { loadClosureBook } from '../load-closures.ts';
import { EXECUTION_STATUSES, type OccurrenceView } from '../port.ts';
import { bigint } from '../row.ts';
import { views } from '../views.ts';
import type { JobSlot } from './first-slots.ts';
import { type JobRuns, loadRuns } from './load-runs.ts';

const RecordRow = z.object({
  place: z.int(),
  outcome: z.enum(['skipped', 'missed']).nullable(),
  reason: z.enum(UNCALLED_REASONS).nullable(),
  cancelled_id: bigint.nullable(),
  execution_id: bigint.nullable(),
  status: z.enum(EXECUTION_STATUSES).nullable(),
  attempt: z.int().nullable(),
  late: LateReason.nullable(),
});

/**
 * Tells of each slot what became of it, unless it never came due.
 * @param slots of jobs that the caller may see
 */
export const explainSlots = async (
  reader: RowReader,
  slots: readonly JobSlot[],
  nowMs: number,
): Promise<OccurrenceView[]> => {
  const records = await recordsOf(reader, slots);
  const unsettled = slots.filter((_, place) => !isSettled(records.get(place)));
  const runs = await loadRuns(reader, new Set(unsettled.map(({ jobId }) => jobId)));
  const closuresOf = await loadClosuresOf(reader, unsettled, runs);
  return slots.flatMap(({ jobId, slotMs, period }, place) => {
    const context = { period, runs: runs.get(jobId)?.runs, closures: closuresOf(jobId), nowMs };
    const explained = explainSlot(slotMs, records.get(place) ?? {}, context);
    const slot = { jobId, at: toInstant(slotMs), definitionVersion: period.jobRevision + 1 };
    return explained === undefined ? [] : [{ ...slot, ...explained }];
  });
};

const isSettled = (records: SlotRecords | undefined): boolean =>
  records?.range !== undefined || records?.execution?.waits === false;

/** What closes each of the jobs from the first of these slots on. */
const loadClosuresOf = async (
  reader: RowReader,
  slots: readonly JobSlot[],
  jobs: ReadonlyMap<number, JobRuns>,
): Promise<(jobId: number) => Closures> => {
  const closable = [...jobs.values()].map((job) => job.closable);
  if (closable.length === 0) return () => NO_CLOSURES;
  const book = await loadClosureBook(reader, {
    tenants: [...new Set(closable.map(({ tenant }) => tenant))],
    calendars: [
      ...new Set(closable.flatMap(({ calendar }) => [...(calendar?.exclude ?? []), ...(calendar?.include ?? [])])),
    ],
    afterMs: slots.reduce((firstMs, { slotMs }) => Math.min(firstMs, slotMs), LAST_INSTANT_MS),
  });
  const closures = new Map([...jobs].map(([jobId, job]) => [jobId, book.closuresOf(job.closable)]));
  return (jobId) => closures.get(jobId) ?? NO_CLOSURES;
};

/** What is recorded of each slot, by its place among them. */
const recordsOf = async (reader: RowReader, slots: readonly JobSlot[]): Promise<ReadonlyMap<number, SlotRecords>> => {
  const asked = slots.map(({ jobId, slotMs }, place) => [jobId, toInstant(slotMs), place]);
  const rows = await reader.any(sql.type(RecordRow)`
    SELECT slot.place, range.outcome, range.reason, range.execution_id AS cancelled_id,
      execution.id AS execution_id, execution.status, execution.attempt, execution.late
    FROM ${sql.unnest(asked, ['int8', 'timestamptz', 'int4'])} AS slot (job_id, at, place)
    LEFT JOIN ${views.executions} AS execution
      ON execution.job_id = slot.job_id AND execution.scheduled_at = slot.at AND execution.trigger = 'schedule'
    LEFT JOIN LATERAL (
      SELECT * FROM ${views.slotRanges} AS range
      WHERE range.job_id = slot.job_id AND range.last >= slot.at ORDER BY range.last LIMIT 1
    ) AS range ON range.first <= slot.at
    WHERE execution.id IS NOT NULL OR range.outcome IS NOT NULL`);
  return new Map(rows.map((row) => [row.place, recordOf(row)]));
};

const recordOf = (row: z.infer<typeof RecordRow>): SlotRecords => ({
  ...(row.outcome === null || row.reason === null
    ? {}
    : {
        range: {
          outcome: row.outcome,
          reason: row.reason,
          ...(row.cancelled_id === null ? {} : { executionId: row.cancelled_id }),
        },
      }),
  ...(row.execution_id === null
    ? {}
    : {
        execution: {
          executionId: row.execution_id,
          waits: row.status === 'pending' && row.attempt === 0,
          ...(row.late === null ? {} : { late: row.late }),
        },
      }),
});
