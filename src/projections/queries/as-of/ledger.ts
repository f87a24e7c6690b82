import { sql } from 'slonik';
import { z } from 'zod';
import type { RowReader } from '../../../db/reader.ts';
import { type ClosureBook, closableBy, createClosureBook } from '../../../domain/closure/closure-book.ts';
import { defined } from '../../../domain/defined.ts';
import { JobDefinition, Pause } from '../../../domain/events/index.ts';
import { runsOfTail } from '../../../domain/execution/tail.ts';
import type { SlotRecords } from '../../../domain/ledger/explain-slot.ts';
import { toMs } from '../../../domain/values.ts';
import { type ClosureSearch, VERSION_COLUMNS } from '../closures.ts';
import { type RecordRow, readRecords, recordOf } from '../occurrences/slot-records.ts';
import type { JobRuns, SlotLedger } from '../occurrences/slots.ts';
import { CalendarVersionRow } from '../records/closures.ts';
import { bigint, instant, json } from '../row.ts';
import { views } from '../views.ts';
import { runsLookup, type StreamReader } from './log-at.ts';

const KnownPause = z.object({ doc: json.pipe(Pause), revision: bigint, knownLiftedAt: instant.nullable() });

/** Calendars and pauses as known at an instant. The read model of changes has when each became known. */
export const loadClosureBookAsOf = async (
  reader: RowReader,
  { tenants, calendars }: ClosureSearch,
  asOf: string,
): Promise<ClosureBook> => {
  const ofTenants = sql.fragment`tenant = ANY (${sql.array([...tenants], 'text')})`;
  const [versions, pauses] = await Promise.all([
    calendars.length === 0
      ? []
      : reader.any(sql.type(CalendarVersionRow)`
          SELECT ${VERSION_COLUMNS} FROM ${views.calendarVersions}
          WHERE ${ofTenants} AND name = ANY (${sql.array([...calendars], 'text')}) AND EXISTS (
            SELECT FROM ${views.changes} AS change
            WHERE change.kind = 'calendar' AND change.key = version.name AND change.tenant = version.tenant
              AND change.revision = version.revision AND change.at <= ${asOf}::timestamptz)
          ORDER BY tenant, name, revision`),
    reader.any(sql.type(KnownPause)`
      SELECT pause.doc, pause.revision, (known.fields::json ->> 'liftedAt')::timestamptz AS "knownLiftedAt"
      FROM ${views.pauses} CROSS JOIN LATERAL (
        SELECT change.fields FROM ${views.changes} AS change
        WHERE change.kind = 'pause' AND change.key = pause.id::text AND change.at <= ${asOf}::timestamptz
        ORDER BY change.revision DESC LIMIT 1
      ) AS known
      WHERE (pause.${ofTenants} OR pause.tenant IS NULL)`),
  ]);
  const book = createClosureBook();
  for (const version of versions) book.setCalendar(version);
  for (const { doc, revision, knownLiftedAt } of pauses) {
    const { liftedAt: _, ...pause } = doc;
    book.setPause(defined({ ...pause, revision, liftedAt: knownLiftedAt ?? undefined }));
  }
  return book;
};

const VersionRow = z.object({
  job_id: bigint,
  revision: bigint,
  type: z.string(),
  definition: json.pipe(JobDefinition),
});

/** The ledger of slots at an instant. */
export const ledgerAsOf = (
  { reader, store }: { readonly reader: RowReader; readonly store: StreamReader },
  asOf: string,
): SlotLedger => {
  const at = sql.fragment`${asOf}::timestamptz`;
  const runsAt = runsLookup(store, toMs(asOf));

  /** A row that was written later belongs to an execution that was open. */
  const recordThen = async (row: RecordRow, jobId: number | undefined): Promise<SlotRecords> => {
    if (row.execution_id === null || row.last_recorded_at === null || row.last_recorded_at <= asOf)
      return recordOf(row);
    const was = jobId === undefined ? undefined : (await runsAt(jobId))?.open.get(row.execution_id);
    if (was === undefined) return recordOf({ ...row, execution_id: null });
    return recordOf({ ...row, status: was.status, attempt: was.attempt, called: was.called, late: was.late ?? null });
  };

  return {
    reader,
    nowMs: toMs(asOf),
    periods: sql.fragment`(
      SELECT job_id, job_revision, tenant, has_slots, definition, in_force_from,
        lead(in_force_from) OVER (PARTITION BY job_id ORDER BY job_revision) AS in_force_until
      FROM ${views.definitionsInForce} WHERE activated_at <= ${at})`,
    findsCandidates: false,
    recordsOf: async (slots) => {
      const rows = await readRecords(reader, slots, {
        execution: sql.fragment`execution.first_recorded_at <= ${at}`,
        range: sql.fragment`range.recorded_at <= ${at}`,
      });
      const records = await Promise.all(
        rows.map(async (row) => [row.place, await recordThen(row, slots[row.place]?.jobId)] as const),
      );
      return new Map(records);
    },
    runsOf: async (jobIds) => {
      if (jobIds.size === 0) return new Map();
      const rows = await reader.any(sql.type(VersionRow)`
        SELECT DISTINCT ON (job_id) job_id, revision, type, definition FROM ${views.jobVersions}
        WHERE job_id = ANY (${sql.array([...jobIds], 'int8')}) AND valid_from <= ${at}
        ORDER BY job_id, revision DESC`);
      const found = new Map<number, JobRuns>();
      for (const { job_id, revision, type, definition } of rows) {
        const runs = await runsAt(job_id);
        const isGone =
          type === 'JobDeleted' &&
          runs !== undefined &&
          runs.tail.jobRevision >= revision &&
          runs.tail.open.length === 0;
        if (runs !== undefined && !isGone)
          found.set(job_id, { runs: runsOfTail(runs.tail), closable: closableBy(definition) });
      }
      return found;
    },
    closureBook: (search) => loadClosureBookAsOf(reader, search, asOf),
  };
};
