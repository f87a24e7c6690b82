import { type FragmentSqlToken, sql } from 'slonik';
import { z } from 'zod';
import type { RowReader } from '../../db/reader.ts';
import { ExecutionError } from '../../domain/events/index.ts';
import type { FailuresInARow } from '../../domain/job/job-state.ts';
import { bigint, instant, json } from './row.ts';
import { views } from './views.ts';

/** Maximum count of failures in a row. */
const MAX_IN_A_ROW = 100;

/** A row with the failures of `job` since its last success: `since`, `count`, and the newest one with its error. */
export const failuresInARow = (job: FragmentSqlToken): FragmentSqlToken => sql.fragment`
  SELECT min(created_at) AS since, count(*) AS count,
    (array_agg(id ORDER BY created_at DESC, id DESC))[1] AS execution_id,
    (array_agg(error ORDER BY created_at DESC, id DESC))[1] AS error
  FROM (
    SELECT created_at, id, error, count(*) FILTER (WHERE status = 'succeeded') OVER (ORDER BY created_at DESC, id DESC) AS successes
    FROM (
      SELECT created_at, id, status, error FROM ${views.executions} AS execution
      WHERE execution.tenant = ${job}.tenant AND execution.job_id = ${job}.job_id AND NOT is_open AND status IN ('succeeded', 'failed')
      ORDER BY created_at DESC, id DESC LIMIT ${MAX_IN_A_ROW}
    ) AS ended
  ) AS counted WHERE successes = 0`;

const FailuresRow = z.object({
  job_id: bigint,
  since: instant,
  count: bigint,
  error: json.pipe(ExecutionError).nullable(),
});

/** Failures in a row of these jobs, if any, by job. */
export const loadFailures = async (
  reader: RowReader,
  jobs: readonly { readonly tenant: string; readonly jobId: number }[],
): Promise<ReadonlyMap<number, FailuresInARow>> => {
  if (jobs.length === 0) return new Map();
  const requested = jobs.map(({ tenant, jobId }) => [tenant, jobId]);
  const rows = await reader.any(sql.type(FailuresRow)`
    SELECT job.job_id, in_a_row.since, in_a_row.count, in_a_row.error
    FROM ${sql.unnest(requested, ['text', 'int8'])} AS job (tenant, job_id)
    CROSS JOIN LATERAL (${failuresInARow(sql.fragment`job`)}) AS in_a_row
    WHERE in_a_row.count > 0`);
  return new Map(rows.map(({ job_id, since, count, error }) => [job_id, { since, count, code: error?.code }]));
};
