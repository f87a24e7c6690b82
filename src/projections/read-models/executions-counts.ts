import type { ClientBase } from 'pg';
import { z } from 'zod';
import { EXECUTION_STATUSES, type ExecutionStatus } from '../../domain/events/index.ts';
import type { ExecutionChange } from '../queries/records/executions.ts';
import { bigint, choice, instant, type RecordChange, record, text } from '../record.ts';
import { addCounts, incomingRows, writeIncoming } from '../write-records.ts';
import { dropEmptiedMonths } from './executions-months.ts';
import { type ExpiryRow, expiryRecord } from './expiry.ts';

const counts = EXECUTION_STATUSES.join(', ');
const byStatus = EXECUTION_STATUSES.map(
  (status) => `coalesce(sum(executions) FILTER (WHERE status = '${status}'), 0)`,
).join(', ');
const sums = EXECUTION_STATUSES.map((status) => `sum(${status}) AS ${status}`).join(', ');
const added = EXECUTION_STATUSES.map((status) => `${status} = kept.${status} + moves.${status}`).join(', ');
const anyMoved = EXECUTION_STATUSES.map((status) => `sum(${status}) <> 0`).join(' OR ');

/**
 * Returns the SQL that adds to the counts of tenants, applications and jobs: the end of a WITH and the statement after it.
 * @param moved a query of tenants, applications and jobs, with how many more executions they have in each status
 */
export const addMoved = (schema: string, moved: string): string => {
  const { updating, inserting } = addCountMoves(
    schema,
    `SELECT tenant, kind, kind_id AS id, ${sums}
    FROM (${moved}) AS moved (tenant, application_id, job_id, ${counts})
    CROSS JOIN LATERAL (VALUES ('tenant', 0), ('application', application_id), ('job', job_id)) AS kinds (kind, kind_id)
    GROUP BY tenant, kind, kind_id HAVING ${anyMoved}`,
  );
  return `${updating} ${inserting}`;
};

/**
 * Nearly all have counts already, and an update costs less than ON CONFLICT.
 * @param moves a query of rows of counts, with how many more executions there are
 */
const addCountMoves = (schema: string, moves: string) => ({
  updating: `,
  count_moves AS MATERIALIZED (${moves}),
  counts_moved AS (
    UPDATE ${schema}.execution_counts AS kept SET ${added} FROM count_moves AS moves
    WHERE kept.tenant = moves.tenant AND kept.kind = moves.kind AND kept.id = moves.id
    RETURNING kept.tenant, kept.kind, kept.id
  )`,
  inserting: `INSERT INTO ${schema}.execution_counts (tenant, kind, id, ${counts})
  SELECT tenant, kind, id, ${counts} FROM count_moves WHERE (tenant, kind, id) NOT IN (SELECT tenant, kind, id FROM counts_moved)`,
});

/** Counts of a row of expired_executions, by status: none is open. */
export const expiredCounts = (sign: '' | '-'): string =>
  EXECUTION_STATUSES.map((status) => (ENDS.includes(status) ? `${sign}${status}` : '0')).join(', ');
const ENDS: readonly string[] = ['succeeded', 'failed', 'cancelled'];

/**
 * Returns the repeatable SQL that counts all executions again, including expired ones. There can be as many minutes as
 * executions, so their index is created after the rows.
 */
export const countExecutions = (schema: string): string => `
  TRUNCATE ${schema}.execution_counts, ${schema}.execution_minutes, ${schema}.called_slot_counts;
  ALTER TABLE ${schema}.execution_minutes DROP CONSTRAINT execution_minutes_pkey;
  INSERT INTO ${schema}.execution_minutes (tenant, minute, created)
  SELECT tenant, date_bin('1 minute', created_at, 'epoch'), count(*) FROM ${schema}.executions GROUP BY 1, 2;
  ALTER TABLE ${schema}.execution_minutes ADD PRIMARY KEY (tenant, minute);
  WITH counted AS MATERIALIZED (
    SELECT tenant, application_id, job_id, status, CASE WHEN called THEN coalesce(late, '') END AS late,
      count(*) AS executions
    FROM ${schema}.executions GROUP BY 1, 2, 3, 4, 5
  ),
  called_slots AS (
    INSERT INTO ${schema}.called_slot_counts (tenant, late, slots)
    SELECT tenant, late, sum(slots) FROM (
      SELECT tenant, late, executions AS slots FROM counted WHERE late IS NOT NULL
      UNION ALL
      SELECT tenant, key, value::bigint FROM ${schema}.expired_executions, json_each_text(called::json)
    ) AS called
    GROUP BY 1, 2
  )${addMoved(
    schema,
    `SELECT tenant, application_id, job_id, ${byStatus} FROM counted GROUP BY 1, 2, 3
     UNION ALL
     SELECT tenant, application_id, job_id, ${expiredCounts('')} FROM ${schema}.expired_executions
     WHERE succeeded + failed + cancelled > 0`,
  )}`;

const numbers = { pending: bigint(), running: bigint(), succeeded: bigint(), failed: bigint(), cancelled: bigint() };
/** `id` is of the application or job; 0 for the tenant. */
export const countRecord = record(
  'counted',
  { tenant: text(), kind: choice(z.enum(['tenant', 'application', 'job'])), id: bigint(), ...numbers },
  { key: ['tenant', 'kind', 'id'] },
);
export const minuteRecord = record(
  'counted',
  { tenant: text(), minute: instant(), created: bigint() },
  { key: ['tenant', 'minute'] },
);
/** Called slots by why they were late; the empty text for those on time. */
export const calledSlotRecord = record(
  'counted',
  { tenant: text(), late: text(), slots: bigint() },
  { key: ['tenant', 'late'] },
);

const NONE: Readonly<Record<ExecutionStatus, number>> = {
  pending: 0,
  running: 0,
  succeeded: 0,
  failed: 0,
  cancelled: 0,
};
const MINUTE = 'YYYY-MM-DDTHH:MM'.length;

/** Counts these executions, for the rows of each table of counts. */
const countsOf = (rows: readonly ExecutionChange[]) => {
  const byKind = new Map<string, RecordChange<typeof countRecord>>();
  const minutes = new Map<string, RecordChange<typeof minuteRecord>>();
  const slots = new Map<string, RecordChange<typeof calledSlotRecord>>();
  for (const { tenant, applicationId, jobId, status, createdAt, late = '', called } of rows) {
    for (const [kind, id] of [
      ['tenant', 0],
      ['application', applicationId],
      ['job', jobId],
    ] as const) {
      const key = `${kind} ${id} ${tenant}`;
      const before = byKind.get(key) ?? { ...NONE, tenant, kind, id };
      byKind.set(key, { ...before, [status]: before[status] + 1 });
    }
    const minute = `${createdAt.slice(0, MINUTE)}Z`;
    const inMinute = minutes.get(`${minute} ${tenant}`)?.created ?? 0;
    minutes.set(`${minute} ${tenant}`, { tenant, minute, created: inMinute + 1 });
    if (called) {
      const key = `${late} ${tenant}`;
      slots.set(key, { tenant, late, slots: (slots.get(key)?.slots ?? 0) + 1 });
    }
  }
  return { byKind: byKind.values(), minutes: minutes.values(), slots: slots.values() };
};

/** Counts executions that are new in the tables. */
export const countRows = async (
  client: ClientBase,
  schema: string,
  rows: readonly ExecutionChange[],
): Promise<void> => {
  if (rows.length === 0) return;
  const { byKind, minutes, slots } = countsOf(rows);
  await addCounts(client, `${schema}.execution_counts`, { ...countRecord, rows: byKind });
  await addCounts(client, `${schema}.execution_minutes`, { ...minuteRecord, rows: minutes });
  await addCounts(client, `${schema}.called_slot_counts`, { ...calledSlotRecord, rows: slots });
};

/**
 * Returns the SQL that counts executions that a statement adds: further queries of its WITH, with their parameters. They
 * count none if the query `added` has no row.
 */
export const countAdded = (
  { schema, added, parametersBefore }: CountedStatement,
  rows: readonly ExecutionChange[],
): { readonly sql: string; readonly values: readonly (string | Buffer)[] } => {
  const counted = countsOf(rows);
  const kinds = incomingRows(countRecord.columns, counted.byKind, parametersBefore);
  const minutes = incomingRows(minuteRecord.columns, counted.minutes, parametersBefore + kinds.values.length);
  const values = [...kinds.values, ...minutes.values];
  const slots = incomingRows(calledSlotRecord.columns, counted.slots, parametersBefore + values.length);
  const select = ({ names, source }: { readonly names: string; readonly source: string }): string =>
    `SELECT ${names} FROM ${source} WHERE EXISTS (SELECT FROM ${added})`;
  const { updating, inserting } = addCountMoves(schema, select(kinds));
  return {
    sql: `,
  minutes AS (
    INSERT INTO ${schema}.execution_minutes AS kept (${minutes.names}) ${select(minutes)}
    ON CONFLICT (${minuteRecord.keySql}) DO UPDATE SET ${minuteRecord.addSql}
  ),
  called_slots AS (
    INSERT INTO ${schema}.called_slot_counts AS kept (${slots.names}) ${select(slots)}
    ON CONFLICT (${calledSlotRecord.keySql}) DO UPDATE SET ${calledSlotRecord.addSql}
  )${updating},
  counts_added AS (${inserting})`,
    values: [...values, ...slots.values],
  };
};

type CountedStatement = {
  readonly schema: string;
  readonly added: string;
  /** The number of parameters that the statement has before these. */
  readonly parametersBefore: number;
};

const gone = EXECUTION_STATUSES.map((status) => `-count(*) FILTER (WHERE status = '${status}')`).join(', ');

/**
 * Deletes expired executions, as `gone`. The same statement replaces them in the counts by the totals of the event, so that
 * a rebuild from a log that was cut has the same counts.
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

/** The only statement that deletes executions: those of the jobs in `incoming` that were created before its time. */
const deleteExpired = (schema: string): string => `
  DELETE FROM ${schema}.executions AS execution USING incoming
  WHERE execution.tenant = incoming.tenant AND execution.job_id = incoming.job_id
    AND execution.created_at < incoming.before
  RETURNING execution.*`;

/** Replaces expired executions by the totals of the event. Drops months that become empty. */
export const expireRows = async (client: ClientBase, schema: string, rows: readonly ExpiryRow[]): Promise<void> => {
  const until = rows
    .map(({ before }) => before)
    .toSorted()
    .at(-1);
  await Promise.all([
    writeIncoming(client, `${schema}_expire`, { ...expiryRecord, rows }, ({ names, source }) =>
      statement(schema, names, source),
    ),
    until === undefined ? undefined : dropEmptiedMonths(client, schema, until),
  ]);
};
