import type { ClientBase } from 'pg';
import { EXECUTION_STATUSES } from '../../domain/events/index.ts';
import { type ExecutionChange, executionRecord } from '../queries/records/executions.ts';
import { incomingRows } from '../write-records.ts';
import { LABEL_TERMS, WORD_TERMS } from './execution-terms.ts';
import { holdMonths } from './executions-months.ts';

const counts = EXECUTION_STATUSES.join(', ');
const countsMoved = EXECUTION_STATUSES.map(
  (status) =>
    `count(*) FILTER (WHERE now_status = '${status}') - count(*) FILTER (WHERE old_status = '${status}') AS ${status}`,
).join(', ');
const countsAdded = EXECUTION_STATUSES.map((status) => `${status} = kept.${status} + excluded.${status}`).join(', ');

/**
 * Writes rows, terms and counters in one statement. All parts of it see the old rows, so the counters always match the
 * rows. A row that has ended moves into the partition of its month; one that is there is not opened again.
 */
const statement = (schema: string, names: string, source: string): string => `
  WITH incoming AS MATERIALIZED (SELECT * FROM ${source}),
  newer AS MATERIALIZED (
    SELECT ${executionRecord.mergedSql}, before.status AS old_status, before.called AS was_called
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
    ON CONFLICT (id, created_at, is_open) DO UPDATE SET ${executionRecord.setSql}
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
  rows: readonly ExecutionChange[],
): Promise<void> => {
  const { names, source, values } = incomingRows(executionRecord.columns, rows);
  await Promise.all([
    holdMonths(client, schema, rows),
    client.query({ name: `${schema}_write`, text: statement(schema, names, source), values }),
  ]);
};
