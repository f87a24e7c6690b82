import { type Column, incomingRows, storable } from '../columns.ts';
import { defineProjection } from '../projection.ts';
import { backfillRecord } from '../queries/records/backfills.ts';
import { type BackfillCancelledRow, type BackfillChanges, foldBackfills } from './backfills-fold.ts';
import type { ExpiryRow } from './expiry-fold.ts';

const cancelledColumns: readonly Column<BackfillCancelledRow>[] = [
  ['backfill_id', 'bigint', (row) => row.backfillId],
  ['cancelled_at', 'timestamptz', (row) => row.cancelledAt],
  ['cancelled_by', 'text', (row) => storable(row.cancelledBy)],
];

const expiredColumns: readonly Column<ExpiryRow>[] = [
  ['job_id', 'bigint', (row) => row.jobId],
  ['before', 'timestamptz', (row) => row.before],
];

/** What was asked for. How far it has come is counted from its executions. */
export const backfills = defineProjection<BackfillChanges>({
  name: 'backfills',
  shape: '1',
  streamPrefixes: ['runs-'],
  views: ['backfills'],
  tables: (schema) => `CREATE TABLE ${schema}.backfills (${backfillRecord.ddl})`,
  indexes: (schema) =>
    `CREATE INDEX IF NOT EXISTS backfills_of_job ON ${schema}.backfills (job_id, requested_at, backfill_id)`,
  fold: foldBackfills,
  write: async (client, schema, changes) => {
    const requested = incomingRows(backfillRecord.columns, changes.requested);
    const cancelled = incomingRows(cancelledColumns, changes.cancelled);
    const expired = incomingRows(expiredColumns, changes.expiries.values());
    // A backfill is requested before it is cancelled: in this order also where both are of one batch.
    await Promise.all([
      client.query({
        name: `${schema}_requested`,
        text: `INSERT INTO ${schema}.backfills (${requested.names}) SELECT ${requested.names} FROM ${requested.source}
         ON CONFLICT (backfill_id) DO NOTHING`,
        values: requested.values,
      }),
      client.query({
        name: `${schema}_cancelled`,
        text: `UPDATE ${schema}.backfills AS kept SET
           cancelled_at = incoming.cancelled_at, cancelled_by = incoming.cancelled_by
         FROM ${cancelled.source} WHERE kept.backfill_id = incoming.backfill_id AND kept.cancelled_at IS NULL`,
        values: cancelled.values,
      }),
      // None that was requested before is still to call slots.
      changes.expiries.size === 0
        ? undefined
        : client.query({
            name: `${schema}_expire`,
            text: `DELETE FROM ${schema}.backfills AS kept USING ${expired.source}
             WHERE kept.job_id = incoming.job_id AND kept.requested_at < incoming.before`,
            values: expired.values,
          }),
    ]);
  },
});
