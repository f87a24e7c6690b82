import { sql } from 'slonik';
import type { RowReader } from '../../../db/reader.ts';
import { loadClosureBook } from '../load-closures.ts';
import { views } from '../views.ts';
import { loadRuns } from './load-runs.ts';
import type { SlotLedger } from './port.ts';
import { readRecords, recordOf } from './slot-records.ts';

/** What is known of slots now. */
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
