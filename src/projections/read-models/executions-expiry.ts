import type { ClientBase } from 'pg';
import { EXECUTION_STATUSES } from '../../domain/events/index.ts';
import { toInstant } from '../../domain/values.ts';
import { type Column, incomingRows, storable } from '../columns.ts';
import { dropEmptiedMonths } from './executions-months.ts';
import type { ExpiryRow } from './expiry-fold.ts';

/** Returns the DDL of the table of what has expired: a row for each job that has lost executions. */
export const expiredExecutionsTable = (schema: string): string => `
  CREATE TABLE ${schema}.expired_executions (
    job_id bigint PRIMARY KEY,
    tenant text NOT NULL,
    application_id bigint NOT NULL,
    -- Executions created before it have expired.
    before timestamptz NOT NULL,
    -- The first event that the job's stream of runs keeps.
    kept_from integer NOT NULL,
    first_id bigint,
    last_id bigint,
    succeeded bigint NOT NULL,
    failed bigint NOT NULL,
    cancelled bigint NOT NULL,
    -- Slots that were called, by why they were late: JSON.
    called text NOT NULL,
    recorded_at timestamptz NOT NULL
  ) WITH (fillfactor = 70)`;

const columns: readonly Column<ExpiryRow>[] = [
  ['job_id', 'bigint', (row) => row.jobId],
  ['tenant', 'text', (row) => storable(row.tenant)],
  ['application_id', 'bigint', (row) => row.applicationId],
  ['before', 'timestamptz', (row) => row.before],
  ['kept_from', 'integer', (row) => row.keptFrom],
  ['first_id', 'bigint', (row) => row.totals.ids?.first ?? null],
  ['last_id', 'bigint', (row) => row.totals.ids?.last ?? null],
  ['succeeded', 'bigint', (row) => row.totals.succeeded],
  ['failed', 'bigint', (row) => row.totals.failed],
  ['cancelled', 'bigint', (row) => row.totals.cancelled],
  ['called', 'json text', (row) => JSON.stringify(row.totals.called)],
  ['recorded_at', 'timestamptz', (row) => toInstant(row.recordedMs)],
];

const counts = EXECUTION_STATUSES.join(', ');
const ENDS: readonly string[] = ['succeeded', 'failed', 'cancelled'];
const gone = EXECUTION_STATUSES.map((status) => `-count(*) FILTER (WHERE status = '${status}') AS ${status}`).join(
  ', ',
);
/** Of a row of expired_executions, by status: none is open. */
const expired = (sign: '' | '-'): string =>
  EXECUTION_STATUSES.map((status) => (ENDS.includes(status) ? `${sign}${status}` : '0')).join(', ');
const sums = EXECUTION_STATUSES.map((status) => `sum(${status})`).join(', ');
const anyMoved = EXECUTION_STATUSES.map((status) => `sum(${status}) <> 0`).join(' OR ');
const countsAdded = EXECUTION_STATUSES.map((status) => `${status} = kept.${status} + excluded.${status}`).join(', ');

/** The rows of jobs that count expired executions, for `countExecutions`. */
export const expiredByJob = (schema: string): string =>
  `SELECT tenant, application_id, job_id, ${expired('')} FROM ${schema}.expired_executions
   WHERE succeeded + failed + cancelled > 0`;
export const expiredCalled = (schema: string): string =>
  `SELECT tenant, key AS late, value::bigint AS slots FROM ${schema}.expired_executions, json_each_text(called::json)`;

/**
 * Deletes the executions that have expired, as `gone`. In the same statement they are taken from the counts, and what the
 * event counts of them is put in their place: so counts go by what a rebuild finds in a log that was cut.
 */
const statement = (schema: string, names: string, source: string): string => `
  WITH incoming AS MATERIALIZED (SELECT * FROM ${source}),
  previous AS MATERIALIZED (SELECT kept.* FROM ${schema}.expired_executions AS kept JOIN incoming USING (job_id)),
  gone AS (${deleteExpired(schema)}),
  gone_terms AS (
    DELETE FROM ${schema}.execution_terms AS term USING incoming
    WHERE term.tenant = incoming.tenant AND term.job_id = incoming.job_id AND term.created_at < incoming.before
  ),
  kept AS (
    INSERT INTO ${schema}.expired_executions AS kept (${names}) SELECT ${names} FROM incoming
    ON CONFLICT (job_id) DO UPDATE SET
      before = excluded.before, kept_from = excluded.kept_from, first_id = excluded.first_id,
      last_id = excluded.last_id, succeeded = excluded.succeeded, failed = excluded.failed,
      cancelled = excluded.cancelled, called = excluded.called, recorded_at = excluded.recorded_at
  ),
  gone_minutes AS MATERIALIZED (
    SELECT tenant, date_trunc('minute', created_at, 'UTC') AS minute, count(*) AS created FROM gone GROUP BY 1, 2
  ),
  emptied AS (
    DELETE FROM ${schema}.execution_minutes AS kept USING gone_minutes
    WHERE kept.tenant = gone_minutes.tenant AND kept.minute = gone_minutes.minute
      AND kept.created <= gone_minutes.created
  ),
  lessened AS (
    UPDATE ${schema}.execution_minutes AS kept SET created = kept.created - gone_minutes.created FROM gone_minutes
    WHERE kept.tenant = gone_minutes.tenant AND kept.minute = gone_minutes.minute
      AND kept.created > gone_minutes.created
  ),
  called_slots AS (
    INSERT INTO ${schema}.called_slot_counts AS kept (tenant, late, slots)
    SELECT tenant, late, sum(slots) FROM (
      SELECT tenant, coalesce(late, '') AS late, -1 AS slots FROM gone WHERE called
      UNION ALL SELECT tenant, key, value::bigint FROM incoming, json_each_text(called::json)
      UNION ALL SELECT tenant, key, -value::bigint FROM previous, json_each_text(called::json)
    ) AS moved
    GROUP BY tenant, late HAVING sum(slots) <> 0
    ON CONFLICT (tenant, late) DO UPDATE SET slots = kept.slots + excluded.slots
  )
  INSERT INTO ${schema}.execution_counts AS kept (tenant, kind, id, ${counts})
  SELECT tenant, kind, kind_id, ${sums} FROM (
    SELECT tenant, application_id, job_id, ${gone} FROM gone GROUP BY 1, 2, 3
    UNION ALL SELECT tenant, application_id, job_id, ${expired('')} FROM incoming
    UNION ALL SELECT tenant, application_id, job_id, ${expired('-')} FROM previous
  ) AS moved
  CROSS JOIN LATERAL (VALUES ('tenant', 0), ('application', application_id), ('job', job_id)) AS kinds (kind, kind_id)
  GROUP BY tenant, kind, kind_id HAVING ${anyMoved}
  ON CONFLICT (tenant, kind, id) DO UPDATE SET ${countsAdded}`;

/** The one place that deletes executions, by what `incoming` says of their jobs. */
const deleteExpired = (schema: string): string => `
  DELETE FROM ${schema}.executions AS execution USING incoming
  WHERE execution.tenant = incoming.tenant AND execution.job_id = incoming.job_id
    AND execution.created_at < incoming.before
  RETURNING execution.*`;

/**
 * Removes the executions that have expired, and puts the counts of the event in their place. Months that are empty then are
 * dropped.
 */
export const expireRows = async (client: ClientBase, schema: string, rows: readonly ExpiryRow[]): Promise<void> => {
  const { names, source, values } = incomingRows(columns, rows);
  const until = rows
    .map(({ before }) => before)
    .toSorted()
    .at(-1);
  await Promise.all([
    client.query({ name: `${schema}_expire`, text: statement(schema, names, source), values }),
    until === undefined ? undefined : dropEmptiedMonths(client, schema, until),
  ]);
};
