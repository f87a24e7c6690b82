import { executionRecord } from '../queries/records/executions.ts';
import { calledSlotRecord, countRecord, minuteRecord } from './executions-counts.ts';
import { monthFunctions } from './executions-months.ts';
import { expiryRecord } from './expiry-fold.ts';

/** ANALYZE would sort samples of what no query looks for. */
const notSampled = executionRecord.notSought.map((column) => `ALTER COLUMN ${column} SET STATISTICS 0`).join(', ');

/**
 * Returns the DDL of the tables. An execution that has not ended is in a small partition, where events change its row; at
 * its end it is written once more, into the partition of the month in which it was created, and stays as it is. So the
 * many rows are never updated, and their tables and indexes have no gaps. The counters are in the same schema as the
 * rows, so that one statement updates both.
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
  -- What executions that have ended are found by and may have several of: labels, and words of their errors.
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
  CREATE TABLE ${schema}.called_slot_counts (${calledSlotRecord.ddl}) WITH (fillfactor = 70);
  -- A row for each job that has lost executions.
  CREATE TABLE ${schema}.expired_executions (${expiryRecord.ddl}) WITH (fillfactor = 70)`;

/**
 * Returns the DDL of the indexes. Each list is read in its order from one index: of a tenant, an application or a job, and
 * of each of them by a status other than \`succeeded\` or a trigger other than \`schedule\`, which are few. The ledger finds
 * the execution of a slot by its job and its time, and those that were late. Before a backfill begins, the other
 * executions of its slots are looked up.
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
