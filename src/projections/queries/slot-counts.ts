import { sql } from 'slonik';
import { z } from 'zod';
import type { RowReaderFor } from '../../db/reader.ts';
import { LATE_REASONS } from '../../domain/events/index.ts';
import { type SlotCounts, UNCALLED_REASONS } from '../../domain/ledger/uncalled.ts';
import type { Scope } from './port/scope.ts';
import { bigint } from './row.ts';
import { visible } from './scope.ts';
import { views } from './views.ts';

const CountRow = z.union([
  z.object({ outcome: z.literal('fired'), reason: z.literal(''), slots: bigint }),
  z.object({ outcome: z.literal('late'), reason: z.enum(LATE_REASONS), slots: bigint }),
  z.object({ outcome: z.enum(['skipped', 'missed']), reason: z.enum(UNCALLED_REASONS), slots: bigint }),
]);

/** Counts the slots that are settled, by what became of them and why. */
export const slotCounts =
  (readerFor: RowReaderFor) =>
  async (scope: Scope): Promise<SlotCounts> => {
    const rows = await readerFor(scope).any(sql.type(CountRow)`
      SELECT CASE late WHEN '' THEN 'fired' ELSE 'late' END AS outcome, late AS reason, sum(slots)::bigint AS slots
      FROM ${views.calledSlotCounts} JOIN ${visible(scope)} USING (tenant) GROUP BY late
      UNION ALL
      SELECT outcome, reason, sum(slots)::bigint
      FROM ${views.uncalledSlotCounts} JOIN ${visible(scope)} USING (tenant) GROUP BY outcome, reason`);
    const reasonsOf = (outcome: 'late' | 'skipped' | 'missed') =>
      Object.fromEntries(rows.flatMap((row) => (row.outcome === outcome ? [[row.reason, row.slots]] : [])));
    return {
      fired: rows.find(({ outcome }) => outcome === 'fired')?.slots ?? 0,
      late: reasonsOf('late'),
      skipped: reasonsOf('skipped'),
      missed: reasonsOf('missed'),
    };
  };
