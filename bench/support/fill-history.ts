import { generationSchema } from '../../src/projections/projection.ts';
import { LABEL_TERMS, WORD_TERMS } from '../../src/projections/read-models/execution-terms.ts';
import { executions } from '../../src/projections/read-models/executions.ts';
import { despiteDeadlocks } from './despite-deadlocks.ts';
import type { BenchServer } from './server.ts';

/** In the tables of a server that was never rebuilt. */
const TABLES = generationSchema(executions.name, 1);
const MONTHS = 24;
const MONTH_S = 30 * 86_400;
const BATCH = 250_000;

/** Jobs beside the two that are named. They have no definition, only executions. */
const JOBS = 1_000;
const OTHERS_FROM = 1_000_000;
/** Number of the small job's executions, spread over all the time. */
const SMALL_JOB_HAS = 100;
/** One execution in this many is rare in one way: by its trigger, its status, its label or its error. */
const RARE = 50_000;

export type HistoryJobs = {
  /** Every second execution is of this job. */
  readonly big: number;
  readonly small: number;
  /** Of both. */
  readonly applicationId: number;
};

const ROWS = `
  INSERT INTO ${TABLES}.executions (id, job_id, application_id, tenant, is_open, status, trigger, attempt, scheduled_at,
    created_at, labels, started_at, called, finished_at, engine_id, job_revision, job_snapshot, result, error, error_code,
    error_words, revision, first_recorded_at, last_recorded_at)
  SELECT 1000000 + i, job_id, CASE WHEN job_id < ${OTHERS_FROM} THEN $6 ELSE ${OTHERS_FROM} + job_id % 10 END, 'default', false, status, trigger, 1, at, at,
    CASE WHEN i % ${RARE} = 3 THEN '{"team":"rare"}' WHEN i % 10 = 3 THEN '{"team":"common"}' END,
    at, trigger = 'schedule', at + interval '1 second', '00000000-0000-4000-8000-000000000001', 0,
    '{"name":"sync","pattern":"0 * * * *","timezone":"UTC","taskType":"HttpInvokerTask","method":"GET","url":"https://crm.example.com/api/sync/' || i || '","headers":{},"resolvedParameters":[]}',
    CASE WHEN status = 'succeeded' THEN '{"taskType":"HttpInvokerTask","status":200,"headers":{"content-type":"application/json"},"data":{"ok":true},"truncated":false}' END,
    CASE WHEN code IS NOT NULL THEN json_build_object('code', code, 'message', message)::text END, code,
    CASE WHEN code IS NOT NULL THEN lower(code || ' ' || message) END, 2, at, at + interval '1 second'
  FROM generate_series($1::bigint, $2::bigint) AS i
  CROSS JOIN LATERAL (SELECT
    date_trunc('milliseconds', now() - interval '1 hour' - ($3::bigint - i) * ${MONTHS * MONTH_S}::double precision / $3 * interval '1 second') AS at,
    CASE WHEN i % ($3 / ${SMALL_JOB_HAS}) = 7 THEN $5 WHEN i % 2 = 0 THEN $4 ELSE ${OTHERS_FROM} + i / 2 % ${JOBS} END::bigint AS job_id,
    CASE WHEN i % ${RARE} = 1 THEN 'cancelled' WHEN i % 20 = 5 OR i % ${RARE} = 5 THEN 'failed' ELSE 'succeeded' END AS status,
    CASE WHEN i % ${RARE} IN (2, 11) THEN 'rerun' WHEN i % 50 = 4 THEN 'manual' ELSE 'schedule' END AS trigger
  ) AS facts
  CROSS JOIN LATERAL (SELECT
    CASE WHEN status = 'cancelled' THEN 'CANCELLED' WHEN i % ${RARE} = 5 THEN 'ENOTFOUND' WHEN status = 'failed' THEN 'HTTP_503' END AS code,
    CASE WHEN status = 'cancelled' THEN 'cancelled by a user' WHEN i % ${RARE} = 5 THEN 'no such host: obscurum example com'
      WHEN status = 'failed' THEN 'the target responded with status 503' END AS message
  ) AS errors`;

const TERMS = `
  INSERT INTO ${TABLES}.execution_terms (tenant, term, created_at, id, job_id, application_id)
  SELECT tenant, term, created_at, id, job_id, application_id
  FROM ${TABLES}.executions AS newer CROSS JOIN LATERAL (${LABEL_TERMS} UNION ${WORD_TERMS}) AS terms (term)
  WHERE (labels IS NOT NULL OR error_words IS NOT NULL) AND created_at >= $1 AND created_at < $2 AND id > 1000000`;

const DROP_INDEXES = `
  SELECT format('DROP INDEX IF EXISTS %I.%I', schemaname, indexname) AS drop FROM pg_indexes
  WHERE schemaname = '${TABLES}' AND tablename IN ('executions', 'executions_ended', 'execution_terms')
    AND indexname NOT LIKE '%_pkey'`;

/**
 * Fills the read model of executions with a history of two years. Rows come first, then indexes and counts, as in a
 * rebuild.
 */
export const fillHistory = async (
  { database }: BenchServer,
  filling: HistoryJobs & { readonly count: number },
): Promise<void> => {
  const { count, big, small, applicationId } = filling;
  const { rows: indexes } = await database.query<{ drop: string }>(DROP_INDEXES);
  for (const { drop } of indexes) await despiteDeadlocks(database, drop);
  await database.query("SET maintenance_work_mem = '512MB'; SET synchronous_commit = off; SET work_mem = '64MB'");
  await database.query(
    `SELECT ${TABLES}.hold_months(array_agg(now() - month * interval '1 month')) FROM generate_series(0, ${MONTHS + 1}) AS month`,
  );
  for (let first = 1; first <= count; first += BATCH)
    await database.query(ROWS, [first, Math.min(first + BATCH - 1, count), count, big, small, applicationId]);
  const { rows: months } = await database.query<{ from: Date; to: Date }>(
    `SELECT now() - (month + 1) * interval '1 month' AS from, now() - month * interval '1 month' AS to
     FROM generate_series(0, ${MONTHS + 1}) AS month`,
  );
  for (const { from, to } of months) await database.query(TERMS, [from, to]);
  await database.query(executions.indexes(TABLES));
  if (executions.count !== undefined) await despiteDeadlocks(database, executions.count(TABLES));
  await database.query('VACUUM ANALYZE');
};
