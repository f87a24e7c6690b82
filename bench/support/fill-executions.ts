import { generationSchema } from '../../src/projections/projection.ts';
import { executions } from '../../src/projections/read-models/executions.ts';
import { ledger } from '../../src/projections/read-models/ledger.ts';
import { despiteDeadlocks } from './despite-deadlocks.ts';
import type { BenchServer } from './server.ts';

/** In the tables of a server that was never rebuilt. */
const OF_EXECUTIONS = generationSchema(executions.name, 1);
const OF_LEDGER = generationSchema(ledger.name, 1);

/** The minute of the day at which a job is due, by its place: the jobs are spread over the day. */
export const dailyPattern = (place: number): string => {
  const minute = place % MINUTES_A_DAY;
  return `${minute % 60} ${Math.floor(minute / 60)} * * *`;
};
const MINUTES_A_DAY = 1_440;

const DAYS_A_BATCH = 5;
/** One in this many fails. */
const FAILS = 40;

const ROWS = `
  INSERT INTO ${OF_EXECUTIONS}.executions (id, job_id, application_id, tenant, is_open, status, trigger, attempt, scheduled_at,
    created_at, started_at, called, finished_at, engine_id, job_revision, job_snapshot, result, error, error_code, revision,
    first_recorded_at, last_recorded_at)
  SELECT 1000000 + (1000 - day) * $2::bigint + place, $1::bigint + place, $3::bigint, 'default', false,
    CASE WHEN fails THEN 'failed' ELSE 'succeeded' END, 'schedule', 1, slot, slot, slot, true,
    slot + interval '1 second', '00000000-0000-4000-8000-000000000001', 0,
    '{"name":"seeded","pattern":"0 0 * * *","timezone":"UTC","taskType":"HttpInvokerTask","method":"POST","url":"http://127.0.0.1:8080/work","headers":{},"resolvedParameters":[]}',
    '{"taskType":"HttpInvokerTask","status":200,"headers":{"content-type":"application/json"},"data":{"ok":true},"truncated":false}',
    CASE WHEN fails THEN '{"code":"HTTP_500","message":"the target responded with status 500"}' END,
    CASE WHEN fails THEN 'HTTP_500' END,
    2 * (1000 - day), slot, slot + interval '1 second'
  FROM generate_series($4::integer, $5::integer) AS day
  CROSS JOIN generate_series(0, $2::integer - 1) AS place
  CROSS JOIN LATERAL (
    SELECT date_trunc('day', now(), 'UTC') - day * interval '1 day' + (place % ${MINUTES_A_DAY}) * interval '1 minute' AS slot,
      (place + day) % ${FAILS} = 0 AS fails
  ) AS at
  WHERE slot <= now()`;

const COUNTS = [
  `INSERT INTO ${OF_EXECUTIONS}.execution_counts (tenant, kind, id, pending, running, succeeded, failed, cancelled)
   SELECT tenant, kind, of.id, 0, 0, count(*) FILTER (WHERE status = 'succeeded'), count(*) FILTER (WHERE status = 'failed'), 0
   FROM ${OF_EXECUTIONS}.executions
   CROSS JOIN LATERAL (VALUES ('tenant', 0), ('application', application_id), ('job', job_id)) AS of (kind, id)
   GROUP BY tenant, kind, of.id
   ON CONFLICT (tenant, kind, id) DO UPDATE SET succeeded = EXCLUDED.succeeded, failed = EXCLUDED.failed`,
  `INSERT INTO ${OF_EXECUTIONS}.execution_minutes (tenant, minute, created)
   SELECT tenant, date_trunc('minute', created_at), count(*) FROM ${OF_EXECUTIONS}.executions GROUP BY 1, 2
   ON CONFLICT (tenant, minute) DO UPDATE SET created = EXCLUDED.created`,
];

const DEFINITIONS = `
  UPDATE ${OF_LEDGER}.definitions_in_force
  SET in_force_from = date_trunc('day', now(), 'UTC') - $3::integer * interval '1 day'
  WHERE job_id BETWEEN $1 AND $1 + $2 - 1`;

const DROP_INDEXES = `
  SELECT format('DROP INDEX IF EXISTS %I.%I', schemaname, indexname) AS drop FROM pg_indexes
  WHERE schemaname = '${OF_EXECUTIONS}' AND tablename IN ('executions', 'executions_ended') AND indexname NOT LIKE '%_pkey'
  ORDER BY tablename`;

const HOLD_MONTHS = `
  SELECT ${OF_EXECUTIONS}.hold_months(
    ARRAY(SELECT generate_series(now() - $1::integer * interval '1 day', now(), interval '1 day')))`;

type Filling = {
  /** Ids one after another, of jobs that are due once a day by `dailyPattern`. */
  readonly jobs: { readonly first: number; readonly count: number };
  readonly applicationId: number;
  readonly days: number;
};

/**
 * Gives jobs an execution for each of their slots of the last days, in the read models alone. Indexes are made after the
 * rows, as a rebuild does.
 * @returns how many
 */
export const fillExecutions = async ({ database }: BenchServer, filling: Filling): Promise<number> => {
  const { jobs, applicationId, days } = filling;
  const { rows } = await database.query<{ drop: string }>(DROP_INDEXES);
  for (const { drop } of rows) await despiteDeadlocks(database, drop);
  await database.query("SET maintenance_work_mem = '512MB'");
  await database.query(HOLD_MONTHS, [days]);
  await database.query(DEFINITIONS, [jobs.first, jobs.count, days]);
  let count = 0;
  for (let day = 0; day < days; day += DAYS_A_BATCH) {
    const until = Math.min(day + DAYS_A_BATCH, days) - 1;
    count += (await database.query(ROWS, [jobs.first, jobs.count, applicationId, day, until])).rowCount ?? 0;
  }
  await database.query(executions.indexes(OF_EXECUTIONS));
  for (const counting of COUNTS) await database.query(counting);
  await database.query(`VACUUM ANALYZE ${OF_EXECUTIONS}.executions`);
  return count;
};
