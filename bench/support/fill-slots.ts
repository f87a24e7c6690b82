import { generationSchema } from '../../src/projections/projection.ts';
import { executions } from '../../src/projections/read-models/executions.ts';
import { ledger } from '../../src/projections/read-models/ledger.ts';
import type { BenchServer } from './server.ts';

type Filling = {
  readonly jobIds: readonly number[];
  /** The first slot is a minute after this instant, epoch ms. */
  readonly startMs: number;
  readonly minutes: number;
};

/** In the tables of a server that was never rebuilt. */
const OF_EXECUTIONS = generationSchema(executions.name, 1);
const OF_LEDGER = generationSchema(ledger.name, 1);

const BATCH_MINUTES = 720;

const EXECUTIONS = `
  INSERT INTO ${OF_EXECUTIONS}.executions (id, job_id, application_id, tenant, is_open, status, trigger, attempt, scheduled_at,
    created_at, started_at, called, finished_at, engine_id, job_revision, result, revision,
    first_recorded_at, last_recorded_at)
  SELECT 1000000 + minute * cardinality($1::bigint[]) + place, job_id, 1, 'default', false, 'succeeded', 'schedule', 1, slot, slot,
    slot, true, slot + interval '1 second', '00000000-0000-4000-8000-000000000001', 0,
    '{"taskType":"HttpInvokerTask","status":200,"headers":{"content-type":"application/json"},"data":{"ok":true},"truncated":false}', 2 * minute,
    slot, slot + interval '1 second'
  FROM generate_series($3::integer, $4::integer) AS minute
  CROSS JOIN LATERAL (SELECT $2::timestamptz + minute * interval '1 minute' AS slot) AS at
  CROSS JOIN unnest($1::bigint[]) WITH ORDINALITY AS job (job_id, place)
  WHERE (minute + place) % 10 <> 0`;

const RANGES = `
  INSERT INTO ${OF_LEDGER}.slot_ranges (job_id, revision, tenant, outcome, reason, first, last, recorded_at, slots)
  SELECT job_id, 2 * minute, 'default', 'missed', 'ENGINE_DOWN', slot, slot, slot, 1
  FROM generate_series($3::integer, $4::integer) AS minute
  CROSS JOIN LATERAL (SELECT $2::timestamptz + minute * interval '1 minute' AS slot) AS at
  CROSS JOIN unnest($1::bigint[]) WITH ORDINALITY AS job (job_id, place)
  WHERE (minute + place) % 10 = 0`;

const DEFINITIONS = `
  UPDATE ${OF_LEDGER}.definitions_in_force SET in_force_from = $2, definition = $3 WHERE job_id = ANY ($1::bigint[])`;

const DROP_INDEXES = `
  SELECT format('DROP INDEX IF EXISTS %I.%I', schemaname, indexname) AS drop FROM pg_indexes
  WHERE schemaname IN ('${OF_EXECUTIONS}', '${OF_LEDGER}') AND tablename IN ('executions', 'executions_ended', 'execution_terms', 'slot_ranges')
    AND indexname NOT LIKE '%_pkey'`;

/**
 * Makes these jobs minutely ones, in the read models alone, with an execution for nine slots of ten; the tenth was missed.
 * Indexes are made after the rows, as a rebuild does.
 */
export const fillSlots = async ({ database }: BenchServer, { jobIds, startMs, minutes }: Filling): Promise<Filled> => {
  const start = new Date(startMs).toISOString();
  const { rows } = await database.query<{ drop: string }>(DROP_INDEXES);
  for (const { drop } of rows) await database.query(drop);
  await database.query("SET maintenance_work_mem = '512MB'");
  await database.query(`SELECT ${OF_EXECUTIONS}.hold_months(ARRAY[$1::timestamptz, now()])`, [start]);
  await database.query(DEFINITIONS, [
    jobIds,
    start,
    JSON.stringify({ pattern: '* * * * *', timezone: 'UTC', scheduleSince: start }),
  ]);
  const filled = { executions: 0, ranges: 0 };
  for (let first = 1; first <= minutes; first += BATCH_MINUTES) {
    const values = [jobIds, start, first, Math.min(first + BATCH_MINUTES - 1, minutes)];
    filled.executions += (await database.query(EXECUTIONS, values)).rowCount ?? 0;
    filled.ranges += (await database.query(RANGES, values)).rowCount ?? 0;
  }
  await database.query(executions.indexes(OF_EXECUTIONS));
  await database.query(ledger.indexes(OF_LEDGER));
  await database.query('VACUUM ANALYZE');
  return filled;
};

type Filled = { readonly executions: number; readonly ranges: number };
