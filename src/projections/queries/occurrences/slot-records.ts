import { type FragmentSqlToken, sql } from 'slonik';
import { z } from 'zod';
import type { RowReader } from '../../../db/reader.ts';
import { defined } from '../../../domain/defined.ts';
import { EXECUTION_STATUSES, LateReason, NOT_CALLED_REASONS } from '../../../domain/events/index.ts';
import type { SlotRecords } from '../../../domain/ledger/explain-slot.ts';
import { toInstant } from '../../../domain/values.ts';
import { loadClosureBook } from '../closures.ts';
import { createdFrom } from '../filters.ts';
import { bigint, instant } from '../row.ts';
import { views } from '../views.ts';
import { loadRuns } from './load.ts';
import type { JobSlot, SlotLedger } from './slots.ts';

const RecordRow = z.object({
  place: z.int(),
  outcome: z.enum(['skipped', 'missed']).nullable(),
  reason: z.enum(NOT_CALLED_REASONS).nullable(),
  cancelled_id: bigint.nullable(),
  execution_id: bigint.nullable(),
  status: z.enum(EXECUTION_STATUSES).nullable(),
  attempt: bigint.nullable(),
  called: z.boolean().nullable(),
  late: LateReason.nullable(),
  due_at: instant.nullable(),
  last_recorded_at: instant.nullable(),
});
export type RecordRow = z.infer<typeof RecordRow>;

/** Conditions on `execution` and `range` for what was known. */
export type KnownRecords = { readonly execution: FragmentSqlToken; readonly range: FragmentSqlToken };

/** Reads the records of slots: one row per slot with a record. */
export const readRecords = (
  reader: RowReader,
  slots: readonly JobSlot[],
  known: KnownRecords,
): Promise<readonly RecordRow[]> => {
  const requested = slots.map(({ jobId, slotMs }, place) => [jobId, toInstant(slotMs), place]);
  return reader.any(sql.type(RecordRow)`
    SELECT slot.place, range.outcome, range.reason, range.execution_id AS cancelled_id,
      execution.id AS execution_id, execution.status, execution.attempt, execution.called, execution.late,
      execution.due_at, execution.last_recorded_at
    FROM ${sql.unnest(requested, ['int8', 'timestamptz', 'int4'])} AS slot (job_id, at, place)
    LEFT JOIN ${views.executions} AS execution
      ON execution.job_id = slot.job_id AND execution.scheduled_at = slot.at AND execution.trigger = 'schedule'
      AND ${createdFrom(sql.fragment`slot.at`)} AND ${known.execution}
    LEFT JOIN LATERAL (
      SELECT * FROM ${views.slotRanges} AS range
      WHERE range.job_id = slot.job_id AND range.last >= slot.at AND ${known.range} ORDER BY range.last LIMIT 1
    ) AS range ON range.first <= slot.at
    WHERE execution.id IS NOT NULL OR range.outcome IS NOT NULL`);
};

export const recordOf = (row: RecordRow): SlotRecords =>
  defined({
    range:
      row.outcome === null || row.reason === null
        ? undefined
        : defined({ outcome: row.outcome, reason: row.reason, executionId: row.cancelled_id ?? undefined }),
    execution:
      row.execution_id === null
        ? undefined
        : defined({
            executionId: row.execution_id,
            // Offered work that no worker has taken was not called either.
            waits: row.status === 'pending' && row.called !== true,
            late: row.late ?? undefined,
            dueAt: row.due_at ?? undefined,
          }),
  });

/** The current ledger of slots. */
export const liveLedger = (reader: RowReader, nowMs: number): SlotLedger => ({
  reader,
  nowMs,
  periods: sql.fragment`${views.definitionsInForce}`,
  findsCandidates: true,
  recordsOf: async (slots) => {
    const rows = await readRecords(reader, slots, { execution: sql.fragment`TRUE`, range: sql.fragment`TRUE` });
    return new Map(rows.map((row) => [row.place, recordOf(row)]));
  },
  runsOf: (jobIds) => loadRuns(reader, jobIds),
  closureBook: (search) => loadClosureBook(reader, search),
});
