import { type FragmentSqlToken, sql } from 'slonik';
import { z } from 'zod';
import { QueryTooSlow, type RowReader } from '../../db/reader.ts';
import { lastingPauses } from '../../domain/closure/pauses.ts';
import { JOB_STATES, RuleFields, ScheduleFields } from '../../domain/events/index.ts';
import { FIRST_STATES, isCompleted, type JobState, STATE_OF_CODE } from '../../domain/job/job-state.ts';
import { toInstant, toMs } from '../../domain/values.ts';
import type { Clock } from '../../runtime/runtime.ts';
import { createYielder } from '../yielder.ts';
import { loadPauses } from './closures.ts';
import type { QueryContext } from './context.ts';
import { conditionsOf, type JobFilter } from './job-filter.ts';
import { MOVED_CURSOR, parkedJobs } from './jobs-row.ts';
import { bigint, json } from './row.ts';
import { isOfBound, isVisiblePause, type Scope, visible } from './scope.ts';
import { views } from './views.ts';

type StateName = JobState['name'];
type StateQuery = { readonly scope: Scope; readonly clock: Clock; readonly logId: string };

/** The conditions of a filter on `listed`. */
export const listedConditions = async (
  reader: RowReader,
  { clock, logId }: QueryContext,
  { scope, filter }: { readonly scope: Scope; readonly filter: JobFilter },
): Promise<readonly FragmentSqlToken[]> => {
  const { state: states } = filter;
  if (states === undefined) return conditionsOf(filter);
  const state = await stateOf(reader, { scope, clock, logId });
  return [...conditionsOf(filter), sql.fragment`${state} = ANY (${sql.array([...states], 'text')})`];
};

const StateRow = z.object({ state: z.enum(JOB_STATES), jobs: bigint });

/** Counts the jobs in each state; `undefined` if that takes too long. */
export const countJobStates =
  ({ readerFor, clock, logId }: QueryContext) =>
  async (scope: Scope): Promise<Readonly<Record<StateName, number>> | undefined> => {
    const reader = readerFor(scope);
    try {
      const state = await stateOf(reader, { scope, clock, logId });
      const rows = await reader.any(sql.type(StateRow)`
        SELECT ${state} AS state, count(*) AS jobs FROM ${views.jobs} AS listed JOIN ${visible(scope)} USING (tenant)
        WHERE NOT listed.deleted AND ${isOfBound(scope, sql.fragment`listed`)} GROUP BY 1`);
      const none = { active: 0, disabled: 0, paused: 0, blocked: 0, failing: 0, completed: 0, parked: 0 };
      return { ...none, ...Object.fromEntries(rows.map(({ state: name, jobs }) => [name, jobs])) };
    } catch (error) {
      if (error instanceof QueryTooSlow) return undefined;
      throw error;
    }
  };

/**
 * The state of `listed`, a job, by the rule of `jobStateOf`. No table contains which jobs are completed or paused, so these
 * are looked up first. Executions are read only for jobs with a failed one.
 */
const stateOf = async (reader: RowReader, { scope, clock, logId }: StateQuery): Promise<FragmentSqlToken> => {
  const [completed, paused] = await Promise.all([
    completedJobs(reader, scope, clock),
    pausedJobs(reader, scope, clock),
  ]);
  const applies = {
    completed: sql.fragment`listed.job_id = ANY (${sql.array(completed, 'int8')})`,
    disabled: sql.fragment`NOT listed.enabled`,
    parked: sql.fragment`listed.job_id IN (SELECT job_id FROM (${parkedJobs(logId)}) AS parked)`,
    paused: sql.fragment`listed.job_id = ANY (${sql.array(paused, 'int8')})`,
  };
  const first = FIRST_STATES.map((name) => sql.fragment`WHEN ${applies[name]} THEN ${name}`);
  const failed = Object.entries(STATE_OF_CODE).map(
    ([code, name]) => sql.fragment`WHEN error_code = ${code} THEN ${name}`,
  );
  return sql.fragment`CASE
    ${sql.join(first, sql.fragment` `)}
    WHEN listed.job_id NOT IN (
      SELECT id FROM ${views.executionCounts} JOIN ${visible(scope)} USING (tenant) WHERE kind = 'job' AND failed > 0
    ) THEN 'active'
    ELSE coalesce((
      SELECT CASE WHEN status = 'succeeded' THEN 'active' ${sql.join(failed, sql.fragment` `)} ELSE 'failing' END
      FROM ${views.executions} AS execution
      WHERE execution.tenant = listed.tenant AND execution.job_id = listed.job_id AND NOT is_open
        AND status IN ('succeeded', 'failed')
      ORDER BY created_at DESC, id DESC LIMIT 1), 'active')
  END`;
};

const EndingRow = z.object({
  job_id: bigint,
  schedule_fields: json.pipe(ScheduleFields),
  rules: json.pipe(RuleFields).nullable(),
  runs: bigint.nullable(),
  cursor: z.string().nullable(),
});

/** Jobs with an ending schedule that have no slots left. */
const completedJobs = async (reader: RowReader, scope: Scope, clock: Clock): Promise<number[]> => {
  const rows = await reader.any(sql.type(EndingRow)`
    SELECT job_id, schedule_fields, rules,
      CASE WHEN rules LIKE '%"maxRuns"%' THEN (tail::json ->> 'runs')::bigint END AS runs, ${MOVED_CURSOR}
    FROM ${views.schedule} AS scheduled JOIN ${visible(scope)} USING (tenant)
    WHERE NOT deleted
      AND (schedule_fields LIKE '%"endAt"%' OR schedule_fields LIKE '%"at"%' OR rules LIKE '%"maxRuns"%')`);
  const nowMs = clock.now();
  return chosen(clock, rows, ({ job_id, schedule_fields, rules, runs, cursor }) => {
    const cursorMs = cursor === null ? undefined : toMs(cursor);
    return isCompleted({ ...schedule_fields, ...rules, jobId: job_id }, { nowMs, runs: runs ?? 0, cursorMs });
  });
};

const BoundRow = z.object({
  job_id: bigint,
  tenant: z.string(),
  application_id: bigint,
  target: z.string().nullable(),
  labels: z.string().nullable(),
});

/** Paused jobs; reads no jobs if no pause is active. */
const pausedJobs = async (reader: RowReader, scope: Scope, clock: Clock): Promise<number[]> => {
  const nowMs = clock.now();
  const inForce = sql.fragment`(ended_at IS NULL OR ended_at > ${toInstant(nowMs)}::timestamptz)`;
  const pauses = await loadPauses(reader, sql.fragment`${isVisiblePause(scope)} AND ${inForce}`);
  if (pauses.length === 0) return [];
  const pauseOf = lastingPauses(pauses, nowMs);
  const rows = await reader.any(sql.type(BoundRow)`
    SELECT job_id, tenant, application_id, target, labels FROM ${views.schedule} AS scheduled JOIN ${visible(scope)} USING (tenant)
    WHERE enabled AND NOT deleted`);
  return chosen(clock, rows, ({ job_id, tenant, application_id, target, labels }) => {
    const job = {
      tenant,
      applicationId: application_id,
      jobId: job_id,
      target: target ?? undefined,
      labelsText: labels ?? undefined,
    };
    return pauseOf(job) !== undefined;
  });
};

const chosen = async <Row extends { readonly job_id: number }>(
  clock: Clock,
  rows: readonly Row[],
  isChosen: (row: Row) => boolean,
): Promise<number[]> => {
  const others = createYielder(clock);
  const ids: number[] = [];
  for (const row of rows) {
    if (isChosen(row)) ids.push(row.job_id);
    await others.yieldIfDue();
  }
  return ids;
};
