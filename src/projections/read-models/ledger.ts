import type { ClientBase } from 'pg';
import { ExpiredTotals } from '../../domain/events/index.ts';
import { PREFIX_OF } from '../../domain/streams.ts';
import { defineProjection } from '../projection.ts';
import { bigint, instant, json, type RecordChange, record, text } from '../record.ts';
import { copyRows, upsertRows, writeIncoming, writeMissing } from '../write-records.ts';
import type { ExpiryRow } from './expiry.ts';
import {
  activeDefinition,
  definitionRecord,
  foldLedger,
  type LedgerChanges,
  type LedgerRows,
  ofJobEvent,
  type RangeRow,
  rangeRecord,
  type TakenRow,
} from './ledger-fold.ts';

/** The number of slots that were settled without a call. */
const uncalledRecord = record(
  'counted',
  { tenant: text(), outcome: text(), reason: text(), slots: bigint() },
  { key: ['tenant', 'outcome', 'reason'] },
);

const writeChanges = async (client: ClientBase, schema: string, changes: LedgerChanges): Promise<void> => {
  const { created, rest } = withoutCreated(changes);
  await Promise.all([writeCreated(client, schema, created), writeRest(client, schema, rest)]);
};

const writeRest = async (
  client: ClientBase,
  schema: string,
  { definitions, taken, ranges }: LedgerRows,
): Promise<void> => {
  // In the log, a definition comes before its activation, so its row exists when that is written.
  await Promise.all([
    writeMissing(client, `${schema}.definitions_in_force`, { ...ofJobEvent, rows: definitions }),
    writeTaken(client, schema, taken),
    writeRanges(client, schema, ranges),
  ]);
};

/** The outcomes of slots without a call, and the active definitions: together with the executions, the ledger. */
export const ledger = defineProjection<LedgerChanges>({
  name: 'ledger',
  shape: '7',
  streamPrefixes: [PREFIX_OF.job, PREFIX_OF.runs],
  views: ['definitions_in_force', 'slot_ranges', 'uncalled_slot_counts', 'expired_slots'],
  tables: (schema) => `
    CREATE TABLE ${schema}.definitions_in_force (${definitionRecord.ddl}) WITH (fillfactor = 70);
    CREATE TABLE ${schema}.slot_ranges (${rangeRecord.ddl});
    CREATE TABLE ${schema}.expired_slots (${expiredSlotRecord.ddl}) WITH (fillfactor = 70);
    CREATE TABLE ${schema}.uncalled_slot_counts (${uncalledRecord.ddl}) WITH (fillfactor = 70)`,
  // Ranges of a job do not overlap, so those of a span are found by their last slots.
  indexes: (schema) => `
    CREATE INDEX IF NOT EXISTS definitions_of_tenant ON ${schema}.definitions_in_force (tenant, job_id) WHERE has_slots;
    CREATE INDEX IF NOT EXISTS slot_ranges_of_job ON ${schema}.slot_ranges (job_id, last);
    CREATE INDEX IF NOT EXISTS slot_ranges_of_tenant ON ${schema}.slot_ranges (tenant, last)`,
  fold: foldLedger,
  write: writeChanges,
  expire: (client, schema, expiries) => expireSlots(client, schema, [...expiries.values()]),
  fill: {
    holdsRows: { live: 10_000, building: 20_000 },
    rowsOf: ({ definitions, taken, ranges }) => definitions.length + taken.length + ranges.length,
    copy: async ({ client, schema }, changes) => {
      const { created, rest } = withoutCreated(changes);
      await copyRows(client, `${schema}.definitions_in_force`, { ...definitionRecord, rows: created });
      await writeRest(client, schema, rest);
    },
  },
});

/** Separates the definitions of jobs that these changes created from the others. */
const withoutCreated = ({ definitions, taken, ranges, created: ids }: LedgerChanges) => {
  if (ids.size === 0) return { created: [], rest: { definitions, taken, ranges } };
  const takenRows = new Map<string, TakenRow>();
  for (const each of taken) if (ids.has(each.jobId)) takenRows.set(keyOf(each), each);
  const created = definitions
    .filter(({ jobId }) => ids.has(jobId))
    .map((definition) => ({ ...definitionRecord.blank, ...definition, ...takenRows.get(keyOf(definition)) }));
  const isOther = ({ jobId }: { readonly jobId: number }): boolean => !ids.has(jobId);
  return {
    created,
    rest: { definitions: definitions.filter(isOther), taken: taken.filter(isOther), ranges },
  };
};

const keyOf = ({ jobId, jobRevision }: { readonly jobId: number; readonly jobRevision: number }): string =>
  `${jobId}/${jobRevision}`;

/** Writes definitions together with their activation. */
const writeCreated = (
  client: ClientBase,
  schema: string,
  rows: readonly RecordChange<typeof definitionRecord>[],
): Promise<void> =>
  upsertRows(
    client,
    `${schema}.definitions_in_force`,
    { ...definitionRecord, rows, name: 'created' },
    `UPDATE SET ${definitionRecord.setSql} WHERE kept.in_force_from IS NULL AND excluded.in_force_from IS NOT NULL`,
  );

const writeTaken = async (client: ClientBase, schema: string, rows: readonly TakenRow[]): Promise<void> => {
  await writeIncoming(
    client,
    `${schema}_taken`,
    { ...activeDefinition, rows: rows },
    ({ source }) => `WITH incoming AS MATERIALIZED (SELECT * FROM ${source}),
     first AS (
       SELECT DISTINCT ON (job_id) job_id, job_revision, in_force_from FROM incoming ORDER BY job_id, job_revision
     ),
     ended AS (
       UPDATE ${schema}.definitions_in_force AS kept SET in_force_until = first.in_force_from FROM first
       WHERE kept.job_id = first.job_id AND kept.job_revision < first.job_revision
         AND kept.in_force_from IS NOT NULL AND kept.in_force_until IS NULL
     )
     UPDATE ${schema}.definitions_in_force AS kept SET
       in_force_from = incoming.in_force_from, in_force_until = incoming.in_force_until,
       activated_at = incoming.activated_at
     FROM incoming
     WHERE kept.job_id = incoming.job_id AND kept.job_revision = incoming.job_revision AND kept.in_force_from IS NULL`,
  );
};

/** Writes ranges and counts in one statement, so that the counts can't drift from the rows. */
const writeRanges = async (client: ClientBase, schema: string, rows: readonly RangeRow[]): Promise<void> => {
  await writeIncoming(
    client,
    `${schema}_ranges`,
    { ...rangeRecord, rows: rows },
    ({ names, source }) => `WITH incoming AS MATERIALIZED (SELECT * FROM ${source}),
     written AS (
       INSERT INTO ${schema}.slot_ranges (${names}) SELECT ${names} FROM incoming
       ON CONFLICT (job_id, revision) DO NOTHING
       RETURNING job_id, revision
     )
     INSERT INTO ${schema}.uncalled_slot_counts AS kept (tenant, outcome, reason, slots)
     SELECT tenant, outcome, reason, sum(slots) FROM incoming JOIN written USING (job_id, revision) GROUP BY 1, 2, 3
     ON CONFLICT (tenant, outcome, reason) DO UPDATE SET slots = kept.slots + excluded.slots`,
  );
};

/** The totals of a job's expired ranges. */
export const expiredSlotRecord = record(
  'expired',
  {
    jobId: bigint(),
    tenant: text(),
    before: instant(),
    keptFrom: bigint(),
    notCalled: json(ExpiredTotals.shape.notCalled),
  },
  { key: ['jobId'] },
);
const lastInForce = definitionRecord.part('jobId', 'jobRevision', 'inForceFrom', 'activatedAt');

const uncalledOf = (table: string, sign: '' | '-'): string =>
  `SELECT tenant, slots.outcome, slots.reason, ${sign}slots.slots
   FROM ${table}, json_to_recordset(not_called::json) AS slots (outcome text, reason text, slots bigint)`;

/** Replaces the ranges of cut events by the totals of the event. Keeps only the last activation before. */
const expireSlots = async (client: ClientBase, schema: string, expired: readonly ExpiryRow[]): Promise<void> => {
  const active = expired.flatMap(({ jobId, activeDefinition }) => {
    if (activeDefinition === undefined) return [];
    const { jobRevision, from: inForceFrom, activatedAt } = activeDefinition;
    return [{ jobId, jobRevision, inForceFrom, activatedAt }];
  });
  await Promise.all([
    writeIncoming(
      client,
      `${schema}_expire`,
      { ...expiredSlotRecord, rows: expired },
      ({ names, source }) => `WITH incoming AS MATERIALIZED (SELECT * FROM ${source}),
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
    ),
    writeIncoming(
      client,
      `${schema}_expire_taken`,
      { ...lastInForce, rows: active },
      ({ source }) => `UPDATE ${schema}.definitions_in_force AS kept SET
         in_force_from = CASE WHEN kept.job_revision = incoming.job_revision THEN incoming.in_force_from END,
         activated_at = CASE WHEN kept.job_revision = incoming.job_revision THEN incoming.activated_at END,
         in_force_until = CASE WHEN kept.job_revision = incoming.job_revision THEN (
           SELECT later.in_force_from FROM ${schema}.definitions_in_force AS later
           WHERE later.job_id = kept.job_id AND later.job_revision > kept.job_revision
             AND later.in_force_from IS NOT NULL
           ORDER BY later.job_revision LIMIT 1
         ) END
       FROM ${source}
       WHERE kept.job_id = incoming.job_id AND kept.job_revision <= incoming.job_revision`,
    ),
  ]);
};
