import type { ClientBase } from 'pg';
import { EXECUTION_STATUSES } from '../../domain/events/index.ts';
import { incomingRows } from '../write-records.ts';
import { addMoved, expiredCounts } from './executions-counts.ts';
import { dropEmptiedMonths } from './executions-months.ts';
import { type ExpiryRow, expiryRecord } from './expiry.ts';

const gone = EXECUTION_STATUSES.map((status) => `-count(*) FILTER (WHERE status = '${status}')`).join(', ');

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
    ON CONFLICT (job_id) DO UPDATE SET ${expiryRecord.setSql}
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
  )${addMoved(
    schema,
    `SELECT tenant, application_id, job_id, ${gone} FROM gone GROUP BY 1, 2, 3
     UNION ALL SELECT tenant, application_id, job_id, ${expiredCounts('')} FROM incoming
     UNION ALL SELECT tenant, application_id, job_id, ${expiredCounts('-')} FROM previous`,
  )}`;

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
  const { names, source, values } = incomingRows(expiryRecord.columns, rows);
  const until = rows
    .map(({ before }) => before)
    .toSorted()
    .at(-1);
  await Promise.all([
    client.query({ name: `${schema}_expire`, text: statement(schema, names, source), values }),
    until === undefined ? undefined : dropEmptiedMonths(client, schema, until),
  ]);
};
