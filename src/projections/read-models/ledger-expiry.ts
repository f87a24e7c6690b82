import type { ClientBase } from 'pg';
import { ExpiredTotals } from '../../domain/events/index.ts';
import { bigint, instant, integer, json, record, text } from '../record.ts';
import { incomingRows } from '../write-records.ts';
import type { ExpiryRow } from './expiry-fold.ts';
import { definitionRecord } from './ledger-fold.ts';

/** What is still known of ranges that have expired, by their jobs. */
export const expiredSlotRecord = record(
  'expired',
  {
    jobId: bigint(),
    tenant: text(),
    before: instant(),
    keptFrom: integer(),
    notCalled: json(ExpiredTotals.shape.notCalled),
  },
  { key: ['jobId'] },
);
const lastInForce = definitionRecord.part('jobId', 'jobRevision', 'inForceFrom', 'activatedAt');

const uncalledOf = (table: string, sign: '' | '-'): string =>
  `SELECT tenant, slots.outcome, slots.reason, ${sign}slots.slots
   FROM ${table}, json_to_recordset(not_called::json) AS slots (outcome text, reason text, slots bigint)`;

/**
 * Deletes the ranges whose events are cut, and puts what the event counts of them in their place. Of the definitions in
 * force before, it keeps only the last.
 */
export const expireSlots = async (client: ClientBase, schema: string, rows: Iterable<ExpiryRow>): Promise<void> => {
  const expired = [...rows];
  const { names, source, values } = incomingRows(expiredSlotRecord.columns, expired);
  const last = incomingRows(
    lastInForce.columns,
    expired.flatMap(({ jobId, activeDefinition }) =>
      activeDefinition === undefined
        ? []
        : [
            {
              jobId,
              jobRevision: activeDefinition.jobRevision,
              inForceFrom: activeDefinition.from,
              activatedAt: activeDefinition.activatedAt,
            },
          ],
    ),
  );
  await Promise.all([
    client.query({
      name: `${schema}_expire`,
      text: `WITH incoming AS MATERIALIZED (SELECT * FROM ${source}),
       previous AS MATERIALIZED (SELECT kept.* FROM ${schema}.expired_slots AS kept JOIN incoming USING (job_id)),
       gone AS (
         DELETE FROM ${schema}.slot_ranges AS range USING incoming
         WHERE range.job_id = incoming.job_id AND range.revision < incoming.kept_from
         RETURNING range.tenant, range.outcome, range.reason, range.slots
       ),
       kept AS (
         INSERT INTO ${schema}.expired_slots (${names}) SELECT ${names} FROM incoming
         ON CONFLICT (job_id) DO UPDATE SET ${expiredSlotRecord.setSql}
       )
       INSERT INTO ${schema}.uncalled_slot_counts AS kept (tenant, outcome, reason, slots)
       SELECT tenant, outcome, reason, sum(slots) FROM (
         SELECT tenant, outcome, reason, -slots::bigint AS slots FROM gone
         UNION ALL ${uncalledOf('incoming', '')}
         UNION ALL ${uncalledOf('previous', '-')}
       ) AS moved
       GROUP BY 1, 2, 3 HAVING sum(slots) <> 0
       ON CONFLICT (tenant, outcome, reason) DO UPDATE SET slots = kept.slots + excluded.slots`,
      values,
    }),
    client.query({
      name: `${schema}_expire_taken`,
      text: `UPDATE ${schema}.definitions_in_force AS kept SET
         in_force_from = CASE WHEN kept.job_revision = incoming.job_revision THEN incoming.in_force_from END,
         activated_at = CASE WHEN kept.job_revision = incoming.job_revision THEN incoming.activated_at END,
         in_force_until = CASE WHEN kept.job_revision = incoming.job_revision THEN (
           SELECT min(later.in_force_from) FROM ${schema}.definitions_in_force AS later
           WHERE later.job_id = kept.job_id AND later.job_revision > kept.job_revision
         ) END
       FROM ${last.source}
       WHERE kept.job_id = incoming.job_id AND kept.job_revision <= incoming.job_revision`,
      values: last.values,
    }),
  ]);
};
