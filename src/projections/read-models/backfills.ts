import { actorName, isRunEvent } from '../../domain/events/index.ts';
import { PREFIX_OF } from '../../domain/streams.ts';
import { toInstant } from '../../domain/values.ts';
import type { RecordedEvent } from '../../event-store/port.ts';
import { defineProjection } from '../projection.ts';
import { type BackfillChange, backfillRecord } from '../queries/records/backfills.ts';
import { writeIncoming, writeMissing } from '../write-records.ts';
import { deleteExpired } from './expiry.ts';

type BackfillCancelledRow = { readonly id: number; readonly cancelledAt: string; readonly cancelledBy: string };

/** Backfills that were requested or cancelled. A cancelled one may have been requested before these events. */
type BackfillChanges = {
  readonly requested: BackfillChange[];
  readonly cancelled: BackfillCancelledRow[];
};

export const foldBackfills = (
  events: readonly RecordedEvent[],
  changes: BackfillChanges = { requested: [], cancelled: [] },
): BackfillChanges | undefined => {
  const { requested, cancelled } = changes;
  for (const event of events) {
    if (!isRunEvent(event)) continue;
    if (event.type === 'BackfillRequested') {
      const { slots: _, tail: __, backfillId: id, ...row } = event.data;
      requested.push({ ...backfillRecord.blank, ...row, id });
    } else if (event.type === 'BackfillCancelled') {
      const { recordedAt, metadata, data } = event;
      cancelled.push({
        id: data.backfillId,
        cancelledAt: toInstant(recordedAt),
        cancelledBy: actorName(metadata.actor),
      });
    }
  }
  return requested.length + cancelled.length === 0 ? undefined : changes;
};

const cancellation = backfillRecord.part('id', 'cancelledAt', 'cancelledBy');

/** Requests for past slots. Their progress is counted from their executions. */
export const backfills = defineProjection<BackfillChanges>({
  name: 'backfills',
  shape: '2',
  streamPrefixes: [PREFIX_OF.runs],
  views: ['backfills'],
  tables: (schema) => `CREATE TABLE ${schema}.backfills (${backfillRecord.ddl})`,
  indexes: (schema) =>
    `CREATE INDEX IF NOT EXISTS backfills_of_job ON ${schema}.backfills (job_id, created_at, backfill_id)`,
  fold: foldBackfills,
  write: async (client, schema, changes) => {
    // In this order, because one batch may request and cancel a backfill.
    await Promise.all([
      writeMissing(client, `${schema}.backfills`, { ...backfillRecord, rows: changes.requested }),
      writeIncoming(
        client,
        `${schema}_cancelled`,
        { ...cancellation, rows: changes.cancelled },
        ({ source }) => `UPDATE ${schema}.backfills AS kept SET
           cancelled_at = incoming.cancelled_at, cancelled_by = incoming.cancelled_by
         FROM ${source} WHERE kept.backfill_id = incoming.backfill_id AND kept.cancelled_at IS NULL`,
      ),
    ]);
  },
  // No backfill that was requested before this time has slots left to call.
  expire: (client, schema, expiries) => deleteExpired(client, { schema, table: 'backfills' }, expiries),
});
