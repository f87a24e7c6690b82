import type pg from 'pg';
import { generationSchema } from '../../src/projections/projection.ts';
import { executions } from '../../src/projections/read-models/executions.ts';
import { countExecutions } from '../../src/projections/read-models/executions-counts.ts';
import { jobs } from '../../src/projections/read-models/jobs.ts';
import { ledger } from '../../src/projections/read-models/ledger.ts';
import type { PictureJob } from './jobs.ts';

/** In the tables of a server that was never rebuilt. */
const [OF_EXECUTIONS, OF_LEDGER, OF_JOBS] = [executions, ledger, jobs].map(({ name }) => generationSchema(name, 1));

const DAYS = 20;

const SLOTS = `
  SELECT job.*, slot, row_number() OVER (ORDER BY slot) AS place,
    (hashtext(name || slot::text) & 1023) / 1024.0 AS chance,
    (hashtext(slot::text || name) & 1023) / 1024.0 AS pace
  FROM jsonb_to_recordset($1::jsonb) AS job (id bigint, application_id bigint, name text, pattern text, timezone text, url text,
    every_minutes integer, first_minute integer, took_ms double precision, fails double precision, fails_for_hours integer,
    failure text, failure_status integer)
  CROSS JOIN LATERAL generate_series(date_trunc('day', now(), 'UTC') - $2::integer * interval '1 day'
    + first_minute * interval '1 minute', now() - interval '1 minute', every_minutes * interval '1 minute') AS slot`;

/** An engine was away for some minutes of the day before yesterday, and busy early today. */
const IS_MISSED = `slot >= date_trunc('day', now(), 'UTC') - interval '2 days' + interval '9 hours'
  AND slot < date_trunc('day', now(), 'UTC') - interval '2 days' + interval '9 hours 40 minutes'`;

const EXECUTIONS = `
  INSERT INTO ${OF_EXECUTIONS}.executions (id, job_id, application_id, tenant, is_open, status, trigger, attempt, scheduled_at,
    created_at, started_at, called, finished_at, engine_id, job_revision, job_snapshot, result, error, error_code, late, revision,
    first_recorded_at, last_recorded_at)
  SELECT 1000 + place, id, application_id, 'default', false, CASE WHEN is_failed THEN 'failed' ELSE 'succeeded' END, 'schedule', 1,
    slot, slot, started, true, started + took, '00000000-0000-4000-8000-000000000001', 0,
    jsonb_build_object('name', name, 'pattern', pattern, 'timezone', timezone, 'taskType', 'HttpInvokerTask',
      'method', 'POST', 'url', url, 'headers', '{}'::jsonb, 'resolvedParameters', '[]'::jsonb)::text,
    jsonb_build_object('taskType', 'HttpInvokerTask', 'status', CASE WHEN is_failed THEN failure_status ELSE 200 END,
      'headers', jsonb_build_object('content-type', 'application/json'),
      'data', CASE WHEN is_failed THEN jsonb_build_object('error', failure) ELSE '{"ok":true}'::jsonb END,
      'truncated', false)::text,
    CASE WHEN is_failed THEN jsonb_build_object('code', 'HTTP_' || failure_status,
      'message', 'the target responded with status ' || failure_status)::text END,
    CASE WHEN is_failed THEN 'HTTP_' || failure_status END,
    CASE WHEN late_ms > 1000 THEN 'ENGINE_BUSY' END, (2 * place)::integer, slot, started + took
  FROM (${SLOTS}) AS due
  CROSS JOIN LATERAL (SELECT
    chance < fails OR slot > now() - fails_for_hours * interval '1 hour' AS is_failed,
    CASE WHEN chance > 0.985 THEN 1200 + 9000 * pace ELSE 3 + 40 * pace END AS late_ms,
    (took_ms * (0.5 + pace + CASE WHEN chance > 0.95 THEN 2 ELSE 0 END)) * interval '1 millisecond' AS took) AS became
  CROSS JOIN LATERAL (SELECT slot + late_ms * interval '1 millisecond' AS started) AS began
  WHERE NOT (${IS_MISSED})`;

const MISSED = `
  INSERT INTO ${OF_LEDGER}.slot_ranges (job_id, revision, tenant, outcome, reason, first, last, recorded_at, slots)
  SELECT id, 1000000 + place, 'default', 'missed', 'ENGINE_DOWN', slot, slot, slot, 1 FROM (${SLOTS}) AS due WHERE ${IS_MISSED}`;

const BEGAN = `date_trunc('day', now(), 'UTC') - $1::integer * interval '1 day'`;

/** SQL of a definition with this field set to the beginning of the past. */
const withInstant = (field: string): string =>
  `jsonb_set(definition::jsonb, '{${field}}', to_jsonb(to_char((${BEGAN}) AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')))::text`;

/** Gives jobs a past of some weeks, in the read models alone. */
export const givePast = async (database: pg.Client, made: readonly (PictureJob & Made)[]): Promise<void> => {
  const rows = made.map(
    ({ everyMinutes, firstMinute, tookMs, failsForHours, failureStatus, applicationId, ...job }) => ({
      ...job,
      ...{ every_minutes: everyMinutes, first_minute: firstMinute, took_ms: tookMs },
      ...{ fails_for_hours: failsForHours, failure_status: failureStatus, application_id: applicationId },
    }),
  );
  const values = [JSON.stringify(rows), DAYS];
  await database.query(
    `SELECT ${OF_EXECUTIONS}.hold_months(ARRAY(SELECT generate_series(now() - $1::integer * interval '1 day', now(), interval '1 day')))`,
    [DAYS + 1],
  );
  await database.query(EXECUTIONS, values);
  await database.query(MISSED, values);
  await database.query(countExecutions(OF_EXECUTIONS ?? ''));
  await database.query(`UPDATE ${OF_LEDGER}.definitions_in_force SET in_force_from = ${BEGAN}`, [DAYS]);
  for (const row of made) {
    const since = withInstant('scheduleSince');
    await database.query(`UPDATE ${OF_LEDGER}.definitions_in_force SET definition = ${since} WHERE job_id = $2`, [
      DAYS,
      row.id,
    ]);
  }
  await database.query(`UPDATE ${OF_JOBS}.jobs SET created_at = ${BEGAN}, definition = ${withInstant('createdAt')}`, [
    DAYS,
  ]);
  await database.query('VACUUM ANALYZE');
};

type Made = { readonly id: number; readonly applicationId: number; readonly url: string };
