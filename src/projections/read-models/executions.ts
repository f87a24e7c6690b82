import type { ClientBase } from 'pg';
import { plainArray } from '../../db/array-parameters.ts';
import { EXECUTION_STATUSES } from '../../domain/events/index.ts';
import { PREFIX_OF } from '../../domain/streams.ts';
import type { RecordedEvent } from '../../event-store/port.ts';
import { defineProjection } from '../projection.ts';
import { type ExecutionChange, executionRecord } from '../queries/records/executions.ts';
import { copyRows, writeIncoming } from '../write-records.ts';
import { type Ends, endsRecord, expireEnds, foldEnds, writeEnds } from './execution-ends.ts';
import { copyTerms, insertTerms } from './execution-terms.ts';
import {
  addMoved,
  calledSlotRecord,
  countExecutions,
  countRecord,
  countRows,
  expireRows,
  minuteRecord,
} from './executions-counts.ts';
import { type ExecutionChanges, foldExecutions } from './executions-fold.ts';
import { holdMonths, monthFunctions, monthsOf } from './executions-months.ts';
import { foldBegun, insertWhole } from './executions-whole.ts';
import { expiryRecord } from './expiry.ts';

/** ANALYZE should not sort samples of columns that no query searches. */
const notSampled = executionRecord.notSought.map((column) => `ALTER COLUMN ${column} SET STATISTICS 0`).join(', ');

/**
 * Returns the DDL of the tables. An open execution is in a small partition, in which events change its row. At its end it
 * moves to the partition of the month of its creation and never changes again. So most rows are never updated, and their
 * tables and indexes have no gaps. One statement updates rows and counters, which are in one schema.
 */
export const executionsTables = (schema: string): string => `
  CREATE TABLE ${schema}.executions (
    ${executionRecord.ddl}
  ) PARTITION BY LIST (is_open);
  CREATE TABLE ${schema}.executions_open PARTITION OF ${schema}.executions (CHECK (status IN ('pending', 'running')))
    FOR VALUES IN (true) WITH (fillfactor = 50, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000);
  CREATE TABLE ${schema}.executions_ended PARTITION OF ${schema}.executions
    (CHECK (status IN ('succeeded', 'failed', 'cancelled')))
    FOR VALUES IN (false) PARTITION BY RANGE (created_at);
  ALTER TABLE ${schema}.executions ${notSampled};
  -- Labels and words of errors, by which ended executions are found.
  CREATE TABLE ${schema}.execution_terms (
    tenant text NOT NULL,
    term text NOT NULL,
    created_at timestamptz NOT NULL,
    id bigint NOT NULL,
    job_id bigint NOT NULL,
    application_id bigint NOT NULL,
    PRIMARY KEY (tenant, term, created_at, id)
  ) PARTITION BY RANGE (created_at);
  ${monthFunctions(schema)};
  CREATE TABLE ${schema}.execution_counts (
    ${countRecord.ddl},
    CHECK (kind IN ('tenant', 'application', 'job'))
  ) WITH (fillfactor = 70);
  CREATE TABLE ${schema}.execution_minutes (${minuteRecord.ddl}) WITH (fillfactor = 70);
  CREATE TABLE ${schema}.execution_ends (${endsRecord.ddl}) WITH (fillfactor = 70);
  CREATE TABLE ${schema}.called_slot_counts (${calledSlotRecord.ddl}) WITH (fillfactor = 70);
  -- A row for each job that has lost executions.
  CREATE TABLE ${schema}.expired_executions (${expiryRecord.ddl}) WITH (fillfactor = 70)`;

/**
 * Returns the DDL of the indexes. Each list is read in its order from one index: of a tenant, an application or a job, and
 * of each of them by a status other than `succeeded` or a trigger other than `schedule`, which are few. The ledger finds
 * late executions, and the execution of a slot by its job and time. Before a backfill begins, the other executions of its
 * slots are looked up.
 */
export const executionsIndexes = (schema: string): string =>
  [
    ...[
      'executions_of_tenant (tenant, created_at, id)',
      'executions_of_application (tenant, application_id, created_at, id)',
      'executions_of_job (tenant, job_id, created_at, id)',
      "executions_of_slots (job_id, scheduled_at) WHERE trigger = 'schedule'",
      "executions_beside_slots (job_id, scheduled_at) WHERE trigger IN ('backfill', 'rerun')",
      'executions_of_backfills (backfill_id, created_at, id) WHERE backfill_id IS NOT NULL',
      'executions_of_workers (tenant, worker, created_at, id) WHERE worker IS NOT NULL',
      'late_executions (job_id, scheduled_at) WHERE late IS NOT NULL',
    ].map((index) => indexOn(`${schema}.executions`, index)),
    ...['', 'application_id, ', 'job_id, '].flatMap((of, place) =>
      [
        `executions_by_status_${place} (tenant, ${of}status, created_at, id) WHERE status <> 'succeeded'`,
        `executions_by_trigger_${place} (tenant, ${of}trigger, created_at, id) WHERE trigger <> 'schedule'`,
        `executions_by_error_${place} (tenant, ${of}error_code, created_at, id) WHERE error_code IS NOT NULL`,
      ].map((index) => indexOn(`${schema}.executions_ended`, index)),
    ),
    indexOn(`${schema}.expired_executions`, 'expired_of_tenant (tenant)'),
    indexOn(`${schema}.execution_terms`, 'terms_of_job (tenant, job_id, term, created_at, id)'),
  ].join(';\n');

const indexOn = (table: string, index: string): string => {
  const [name = '', ...rest] = index.split(' ');
  return `CREATE INDEX IF NOT EXISTS ${name} ON ${table} ${rest.join(' ')}`;
};

type Changes = {
  readonly changed: ExecutionChanges;
  readonly ends: Ends;
  /** Executions that probably begin here. */
  readonly begun: Set<number>;
};

const fold = (events: readonly RecordedEvent[], held?: Changes): Changes | undefined => {
  const changed = foldExecutions(events, held?.changed) ?? new Map();
  const ends = foldEnds(events, held?.ends);
  const begun = foldBegun(events, held?.begun);
  return changed.size === 0 ? undefined : { changed, ends, begun };
};

export const executions = defineProjection<Changes>({
  name: 'executions',
  shape: '18',
  streamPrefixes: [PREFIX_OF.runs],
  views: [
    'executions',
    'execution_terms',
    'execution_counts',
    'execution_minutes',
    'execution_ends',
    'called_slot_counts',
    'expired_executions',
  ],
  tables: executionsTables,
  indexes: executionsIndexes,
  fold,
  count: countExecutions,
  write: async (client, schema, { changed, ends, begun }) => {
    const rows = [...changed.values()];
    const isWhole = ({ id, isOpen }: ExecutionChange): boolean => !isOpen && begun.has(id);
    await Promise.all([
      holdMonths(client, schema, monthsOf(rows)),
      writeWhole(client, schema, rows.filter(isWhole)),
      writeRows(
        client,
        schema,
        rows.filter((row) => !isWhole(row)),
      ),
      writeEnds(client, schema, ends),
    ]);
  },
  expire: async (client, schema, expiries) => {
    await Promise.all([expireEnds(client, schema, expiries), expireRows(client, schema, [...expiries.values()])]);
  },
  fill: {
    // Open executions are written twice, by a slower statement, so rows are written in large batches.
    holdsRows: { live: 5_000, building: 20_000 },
    rowsOf: ({ changed }) => changed.size,
    copy: async ({ client, schema, state }, { changed, ends }) => {
      const rows = [...changed.values()];
      const open = await openAmong(client, schema, rows);
      const isWhole = (row: ExecutionChange): boolean => !row.isOpen && !open.has(row.id);
      const fresh = rows.filter(isWhole);
      await holdMonths(client, schema, monthsOf(rows));
      await copyRows(client, `${schema}.executions`, { ...executionRecord, rows: fresh });
      await copyTerms(client, schema, fresh);
      // A rebuild counts all executions at its end.
      if (state === 'live') await countRows(client, schema, fresh);
      await writeRows(
        client,
        schema,
        rows.filter((row) => !isWhole(row)),
      );
      await writeEnds(client, schema, ends);
    },
  },
});

/** Returns the ids of those of these executions that are open in the table. */
const openAmong = async (
  client: ClientBase,
  schema: string,
  changes: readonly ExecutionChange[],
): Promise<Set<number>> => {
  const { rows } = await client.query<{ id: string }>(
    `SELECT id FROM ${schema}.executions_open WHERE id = ANY ($1::bigint[])`,
    [plainArray(changes.map(({ id }) => id))],
  );
  return new Set(rows.map(({ id }) => Number(id)));
};

const moved = EXECUTION_STATUSES.map(
  (status) => `(count(*) FILTER (WHERE status = '${status}') - count(*) FILTER (WHERE old_status = '${status}'))`,
).join(', ');

/**
 * Writes rows, terms and counters in one statement. All parts of it see the old rows, so the counters always match the
 * rows. An ended row is only looked up among the open ones, from which it moves into the partition of its month: the
 * checkpoint makes sure that no event comes again after its end.
 *
 * The plan is kept, and may be from a moment when no execution was open. Then no index looks better than another, and all
 * of the open rows could be read for each row. Only the primary key has the order of the lookup, so it is always used, and
 * rows are deleted by their place.
 */
const statement = (schema: string, names: string, source: string): string => `
  WITH newer AS MATERIALIZED (
    SELECT ${executionRecord.mergedSql}, before.status AS old_status, before.called AS was_called, before.place
    FROM ${source} LEFT JOIN LATERAL (
      SELECT *, ctid AS place FROM ${schema}.executions_open AS open
      WHERE open.id = incoming.id ORDER BY created_at LIMIT 1
    ) AS before ON true
    WHERE before.revision IS NULL OR before.revision < incoming.revision
  ),
  ended AS (
    DELETE FROM ${schema}.executions_open
    WHERE ctid = ANY (ARRAY(SELECT place FROM newer WHERE place IS NOT NULL AND NOT is_open))
  ),
  added AS (
    INSERT INTO ${schema}.executions_ended (${names}) SELECT ${names} FROM newer WHERE NOT is_open
  ),
  opened AS (
    INSERT INTO ${schema}.executions_open (${names}) SELECT ${names} FROM newer WHERE is_open
    ON CONFLICT (id, created_at, is_open) DO UPDATE SET ${executionRecord.setSql}
  ),
  terms AS (${insertTerms(schema)}),
  minutes AS (
    INSERT INTO ${schema}.execution_minutes AS kept (tenant, minute, created)
    SELECT tenant, date_trunc('minute', created_at, 'UTC'), count(*) FROM newer WHERE old_status IS NULL GROUP BY 1, 2
    ON CONFLICT (tenant, minute) DO UPDATE SET created = kept.created + excluded.created
  ),
  called_slots AS (
    INSERT INTO ${schema}.called_slot_counts AS kept (tenant, late, slots)
    SELECT tenant, coalesce(late, ''), count(*) FROM newer WHERE called AND was_called IS NOT TRUE GROUP BY 1, 2
    ON CONFLICT (tenant, late) DO UPDATE SET slots = kept.slots + excluded.slots
  )${addMoved(schema, `SELECT tenant, application_id, job_id, ${moved} FROM newer GROUP BY 1, 2, 3`)}`;

/** Writes executions in any state. */
const writeRows = (client: ClientBase, schema: string, rows: readonly ExecutionChange[]): Promise<void> =>
  writeIncoming(client, `${schema}_write`, { ...executionRecord, rows }, ({ names, source }) =>
    statement(schema, names, source),
  );

/** Writes ended executions that probably began in the same batch. */
const writeWhole = async (client: ClientBase, schema: string, rows: readonly ExecutionChange[]): Promise<void> => {
  if (rows.length > 0 && !(await insertWhole(client, schema, rows))) await writeRows(client, schema, rows);
};
