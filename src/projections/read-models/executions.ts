import type { ClientBase } from 'pg';
import { toInstant } from '../../domain/values.ts';
import type { RecordedEvent } from '../../event-store/port.ts';
import { type Column, incomingRows, jsonOrNull, storable } from '../columns.ts';
import { copyRows } from '../fill/copy-rows.ts';
import { defineProjection } from '../projection.ts';
import { EXECUTION_STATUSES } from '../queries/port.ts';
import { addCounts, countExecutions } from './executions-counts.ts';
import { expiredExecutionsTable, expireRows } from './executions-expiry.ts';
import { type ExecutionChanges, type ExecutionRowChange, foldExecutions } from './executions-fold.ts';
import { executionsIndexes, executionsTables } from './executions-tables.ts';
import { type Expiries, foldExpiries } from './expiry-fold.ts';

const columns: readonly Column<ExecutionRowChange>[] = [
  ['id', 'bigint', (row) => row.id],
  ['job_id', 'bigint', (row) => row.jobId],
  ['application_id', 'bigint', (row) => row.applicationId],
  ['tenant', 'text', (row) => storable(row.tenant)],
  ['status', 'text', (row) => row.status],
  ['trigger', 'text', (row) => row.trigger],
  ['attempt', 'integer', (row) => row.attempt],
  ['scheduled_at', 'timestamptz', (row) => row.scheduledAt],
  ['created_at', 'timestamptz', (row) => row.createdAt],
  ['created_by', 'text', (row) => (row.createdBy === undefined ? null : storable(row.createdBy))],
  ['labels', 'json text', (row) => jsonOrNull(row.labels)],
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

/**
 * Writes rows and counters in one statement. All parts of it see the old rows, so the counters always match the rows.
 */
const statement = (schema: string, names: string, source: string): string => `
  WITH incoming AS MATERIALIZED (SELECT * FROM ${source}),
  newer AS MATERIALIZED (
    SELECT incoming.*, before.status AS old_status, before.late AS old_late, before.called AS was_called
    FROM incoming LEFT JOIN ${schema}.executions AS before ON before.id = incoming.id
    WHERE before.revision IS NULL OR before.revision < incoming.revision
  ),
  written AS (
    INSERT INTO ${schema}.executions AS kept (${names}) SELECT ${names} FROM newer
    ON CONFLICT (id) DO UPDATE SET
      status = excluded.status, attempt = excluded.attempt, finished_at = excluded.finished_at,
      result = excluded.result, error = excluded.error, revision = excluded.revision, retry_at = excluded.retry_at,
      last_recorded_at = excluded.last_recorded_at,
      created_by = coalesce(excluded.created_by, kept.created_by), labels = coalesce(excluded.labels, kept.labels),
      started_at = coalesce(excluded.started_at, kept.started_at), late = coalesce(excluded.late, kept.late),
      attempt_started_at = coalesce(excluded.attempt_started_at, kept.attempt_started_at),
      attempts = coalesce(kept.attempts || ',' || excluded.attempts, excluded.attempts, kept.attempts),
      engine_id = coalesce(excluded.engine_id, kept.engine_id),
      job_revision = coalesce(excluded.job_revision, kept.job_revision),
      rerun_of = coalesce(excluded.rerun_of, kept.rerun_of),
      backfill_id = coalesce(excluded.backfill_id, kept.backfill_id),
      token_hash = coalesce(excluded.token_hash, kept.token_hash),
      deadline_at = coalesce(excluded.deadline_at, kept.deadline_at),
      heard_at = coalesce(excluded.heard_at, kept.heard_at),
      progress = coalesce(excluded.progress, kept.progress),
      job_snapshot = coalesce(excluded.job_snapshot, kept.job_snapshot), called = excluded.called OR kept.called
  ),
  minutes AS (
    INSERT INTO ${schema}.execution_minutes AS kept (tenant, minute, created)
    SELECT tenant, date_trunc('minute', created_at, 'UTC'), count(*) FROM newer WHERE old_status IS NULL GROUP BY 1, 2
    ON CONFLICT (tenant, minute) DO UPDATE SET created = kept.created + excluded.created
  ),
  called_slots AS (
    INSERT INTO ${schema}.called_slot_counts AS kept (tenant, late, slots)
    SELECT tenant, coalesce(late, old_late, ''), count(*) FROM newer WHERE called AND was_called IS NOT TRUE GROUP BY 1, 2
    ON CONFLICT (tenant, late) DO UPDATE SET slots = kept.slots + excluded.slots
  )
  INSERT INTO ${schema}.execution_counts AS kept (tenant, kind, id, ${counts})
  SELECT tenant, kind, kind_id, ${countsMoved}
  FROM (SELECT *, status AS now_status FROM newer) AS moved
  CROSS JOIN LATERAL (VALUES ('tenant', 0), ('application', application_id), ('job', job_id)) AS kinds (kind, kind_id)
  GROUP BY tenant, kind, kind_id
  ON CONFLICT (tenant, kind, id) DO UPDATE SET ${countsAdded}`;

const writeRows = async (client: ClientBase, schema: string, rows: Iterable<ExecutionRowChange>): Promise<void> => {
  const { names, source, values } = incomingRows(columns, rows);
  await client.query({ name: `${schema}_write`, text: statement(schema, names, source), values });
};

type Changes = { readonly changed: ExecutionChanges; readonly expiries: Expiries };

const fold = (events: readonly RecordedEvent[], held?: Changes): Changes | undefined => {
  const changed = foldExecutions(events, held?.changed) ?? new Map();
  const expiries = foldExpiries(events, held?.expiries);
  return changed.size + expiries.size === 0 ? undefined : { changed, expiries };
};

export const executions = defineProjection<Changes>({
  name: 'executions',
  shape: '8',
  streamPrefixes: ['runs-'],
  views: ['executions', 'execution_counts', 'execution_minutes', 'called_slot_counts', 'expired_executions'],
  tables: (schema) => `${executionsTables(schema)};${expiredExecutionsTable(schema)}`,
  indexes: executionsIndexes,
  fold,
  count: countExecutions,
  write: async (client, schema, { changed, expiries }) => {
    await Promise.all([
      changed.size > 0 ? writeRows(client, schema, changed.values()) : undefined,
      expiries.size > 0 ? expireRows(client, schema, expiries.values()) : undefined,
    ]);
  },
  fill: {
    holdsRows: { live: 5_000, building: 10_000 },
    rowsOf: ({ changed, expiries }) => changed.size + expiries.size,
    begin: async ({ client: reader, schema: tables, state }) => {
      const open = await openIds(reader, tables);
      return async (client, schema, { changed, expiries }) => {
        const rows = [...changed.values()];
        const fresh = rows.filter(({ id }) => !open.has(id));
        await copyRows(client, `${schema}.executions`, { columns, rows: fresh });
        // A rebuild counts them all in the end.
        if (state === 'live') await addCounts(client, schema, fresh);
        const known = rows.filter(({ id }) => open.has(id));
        if (known.length > 0) await writeRows(client, schema, known);
        for (const { id, finishedAt } of rows) {
          if (finishedAt === undefined) open.add(id);
          else open.delete(id);
        }
        if (expiries.size > 0) await expireRows(client, schema, expiries.values());
      };
    },
  },
});

/** The executions that the table has and that later events change. */
const openIds = async (client: ClientBase, schema: string): Promise<Set<number>> => {
  const { rows } = await client.query<{ id: string }>(
    `SELECT id FROM ${schema}.executions WHERE status IN ('pending', 'running')`,
  );
  return new Set(rows.map(({ id }) => Number(id)));
};
