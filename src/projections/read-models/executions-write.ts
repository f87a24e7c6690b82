import type { ClientBase } from 'pg';
import { EXECUTION_STATUSES } from '../../domain/events/index.ts';
import { toInstant } from '../../domain/values.ts';
import { type Column, incomingRows, jsonOrNull, storable, storableJson } from '../columns.ts';
import { LABEL_TERMS, WORD_TERMS, wordsOf } from './execution-terms.ts';
import { type ExecutionRowChange, LOST } from './executions-fold.ts';
import { holdMonths } from './executions-months.ts';

export const writtenColumns: readonly Column<ExecutionRowChange>[] = [
  ['id', 'bigint', (row) => row.id],
  ['job_id', 'bigint', (row) => row.jobId],
  ['application_id', 'bigint', (row) => row.applicationId],
  ['tenant', 'text', (row) => storable(row.tenant)],
  ['is_open', 'boolean', (row) => isOpen(row)],
  ['status', 'text', (row) => row.status],
  ['trigger', 'text', (row) => row.trigger],
  ['attempt', 'integer', (row) => row.attempt],
  ['scheduled_at', 'timestamptz', (row) => row.scheduledAt],
  ['created_at', 'timestamptz', (row) => row.createdAt],
  ['created_by', 'text', (row) => (row.createdBy === undefined ? null : storable(row.createdBy))],
  ['labels', 'json text', (row) => (row.labels === undefined ? null : storableJson(row.labels))],
  ['started_at', 'timestamptz', (row) => row.startedAt ?? null],
  ['attempt_started_at', 'timestamptz', (row) => row.attemptStartedAt ?? null],
  ['attempts', 'json text', (row) => row.attempts?.map((each) => JSON.stringify(each)).join() ?? null],
  ['retry_at', 'timestamptz', (row) => row.retryAt ?? null],
  ['late', 'text', (row) => row.late ?? null],
  ['called', 'boolean', (row) => row.called],
  ['finished_at', 'timestamptz', (row) => row.finishedAt ?? null],
  ['engine_id', 'text', (row) => (row.engineId === undefined ? null : storable(row.engineId))],
  ['job_revision', 'integer', (row) => row.jobRevision ?? null],
  ['rerun_of', 'bigint', (row) => row.rerunOf ?? null],
  ['backfill_id', 'bigint', (row) => row.backfillId ?? null],
  ['token_hash', 'text', (row) => row.tokenHash ?? null],
  ['deadline_at', 'timestamptz', (row) => row.deadlineAt ?? null],
  ['heard_at', 'timestamptz', (row) => row.heardAt ?? null],
  ['progress', 'json text', (row) => jsonOrNull(row.progress)],
  ['job_snapshot', 'json text', (row) => jsonOrNull(row.jobSnapshot)],
  ['result', 'json text', (row) => jsonOrNull(row.result)],
  ['error', 'json text', (row) => jsonOrNull(row.error)],
  ['error_code', 'text', (row) => (row.error === undefined ? null : storable(row.error.code))],
  ['error_words', 'text', (row) => (row.error === undefined ? null : wordsOf(row.error).join(' '))],
  ['revision', 'integer', (row) => row.revision],
  ['first_recorded_at', 'timestamptz', (row) => toInstant(row.firstRecordedMs)],
  ['last_recorded_at', 'timestamptz', (row) => toInstant(row.lastRecordedMs)],
];

const counts = EXECUTION_STATUSES.join(', ');
const countsMoved = EXECUTION_STATUSES.map(
  (status) =>
    `count(*) FILTER (WHERE now_status = '${status}') - count(*) FILTER (WHERE old_status = '${status}') AS ${status}`,
).join(', ');
const countsAdded = EXECUTION_STATUSES.map((status) => `${status} = kept.${status} + excluded.${status}`).join(', ');

/** What an event that does not tell it leaves as it was. */
const LASTING = [
  ...['created_by', 'labels', 'late', 'engine_id', 'job_revision', 'rerun_of'],
  ...['backfill_id', 'token_hash', 'deadline_at', 'heard_at', 'progress', 'job_snapshot'],
];
/** The end of an execution tells whether its last request was sent, but for one that was lost. */
const startMerged = (name: string, isKept: string): string =>
  `CASE WHEN incoming.finished_at IS NOT NULL AND incoming.error_code IS DISTINCT FROM '${LOST}' AND NOT ${isKept}
    THEN incoming.${name} ELSE coalesce(incoming.${name}, before.${name}) END AS ${name}`;
const merged = (name: string): string => {
  if (LASTING.includes(name)) return `coalesce(incoming.${name}, before.${name}) AS ${name}`;
  switch (name) {
    case 'started_at':
      return startMerged(name, '(incoming.attempt > 1)');
    case 'attempt_started_at':
      return startMerged(name, 'FALSE');
    case 'attempts':
      return "coalesce(before.attempts || ',' || incoming.attempts, incoming.attempts, before.attempts) AS attempts";
    case 'called':
      return 'incoming.called OR coalesce(before.called, FALSE) AS called';
    case 'first_recorded_at':
      return 'coalesce(before.first_recorded_at, incoming.first_recorded_at) AS first_recorded_at';
    default:
      return `incoming.${name}`;
  }
};
const KEY = ['id', 'created_at', 'is_open'];
const allMerged = writtenColumns.map(([name]) => merged(name)).join(', ');
const allSet = writtenColumns
  .flatMap(([name]) => (KEY.includes(name) ? [] : [`${name} = excluded.${name}`]))
  .join(', ');

/**
 * Writes rows, terms and counters in one statement. All parts of it see the old rows, so the counters always match the
 * rows. A row that has ended moves into the partition of its month; one that is there is not opened again.
 */
const statement = (schema: string, names: string, source: string): string => `
  WITH incoming AS MATERIALIZED (SELECT * FROM ${source}),
  newer AS MATERIALIZED (
    SELECT ${allMerged}, before.status AS old_status, before.called AS was_called
    FROM incoming LEFT JOIN ${schema}.executions AS before
      ON before.id = incoming.id AND before.created_at = incoming.created_at
    WHERE before.revision IS NULL OR (before.revision < incoming.revision AND before.is_open >= incoming.is_open)
  ),
  ended AS (
    DELETE FROM ${schema}.executions_open AS open USING newer
    WHERE open.id = newer.id AND open.created_at = newer.created_at AND NOT newer.is_open
  ),
  written AS (
    INSERT INTO ${schema}.executions (${names}) SELECT ${names} FROM newer
    ON CONFLICT (id, created_at, is_open) DO UPDATE SET ${allSet}
  ),
  terms AS (
    INSERT INTO ${schema}.execution_terms (tenant, term, created_at, id, job_id, application_id)
    SELECT tenant, term, created_at, id, job_id, application_id
    FROM newer CROSS JOIN LATERAL (${LABEL_TERMS} UNION ${WORD_TERMS}) AS terms (term) WHERE NOT is_open
    ON CONFLICT DO NOTHING
  ),
  minutes AS (
    INSERT INTO ${schema}.execution_minutes AS kept (tenant, minute, created)
    SELECT tenant, date_trunc('minute', created_at, 'UTC'), count(*) FROM newer WHERE old_status IS NULL GROUP BY 1, 2
    ON CONFLICT (tenant, minute) DO UPDATE SET created = kept.created + excluded.created
  ),
  called_slots AS (
    INSERT INTO ${schema}.called_slot_counts AS kept (tenant, late, slots)
    SELECT tenant, coalesce(late, ''), count(*) FROM newer WHERE called AND was_called IS NOT TRUE GROUP BY 1, 2
    ON CONFLICT (tenant, late) DO UPDATE SET slots = kept.slots + excluded.slots
  )
  INSERT INTO ${schema}.execution_counts AS kept (tenant, kind, id, ${counts})
  SELECT tenant, kind, kind_id, ${countsMoved}
  FROM (SELECT *, status AS now_status FROM newer) AS moved
  CROSS JOIN LATERAL (VALUES ('tenant', 0), ('application', application_id), ('job', job_id)) AS kinds (kind, kind_id)
  GROUP BY tenant, kind, kind_id
  ON CONFLICT (tenant, kind, id) DO UPDATE SET ${countsAdded}`;

/** Writes executions in whatever state they are. */
export const writeRows = async (
  client: ClientBase,
  schema: string,
  rows: readonly ExecutionRowChange[],
): Promise<void> => {
  const { names, source, values } = incomingRows(writtenColumns, rows);
  await Promise.all([
    holdMonths(client, schema, rows),
    client.query({ name: `${schema}_write`, text: statement(schema, names, source), values }),
  ]);
};

export const isOpen = ({ status }: ExecutionRowChange): boolean => status === 'pending' || status === 'running';
