import { type FragmentSqlToken, sql } from 'slonik';
import { z } from 'zod';
import { QueryTooSlow, type RowReader } from '../../db/reader.ts';
import { lastingPauses } from '../../domain/closure/pauses.ts';
import { JOB_STATES, type JobSelection } from '../../domain/events/index.ts';
import { FIRST_STATES, isCompleted, type JobState, STATE_OF_CODE } from '../../domain/job/job-state.ts';
import { toInstant } from '../../domain/values.ts';
import type { Clock } from '../../runtime/runtime.ts';
import { scheduleRecord } from '../read-models/schedule-fold.ts';
import { createYielder } from '../yielder.ts';
import { loadPauses } from './closures.ts';
import type { QueryContext } from './context.ts';
import { hasAny, isNamed, isOfApplication } from './filters.ts';
import { newestStatus, parkedJobs } from './jobs-row.ts';
import type { PageRequest } from './page.ts';
import { bigint, count, storable, storableJson } from './row.ts';
import { readScheduledJobs } from './scheduled-jobs.ts';
import { isOfBound, isVisiblePause, type Scope, visible } from './scope.ts';
import { views } from './views.ts';

/** Sort columns of jobs. Jobs with equal values are sorted by id. */
export const JOB_SORTS = [
  'createdAt',
  'name',
  'application',
  'enabled',
  'createdBy',
  'lastStatus',
  'lastRunAt',
  'nextRunAt',
] as const;

/** The columns that lists of jobs are ordered by unless another order is requested. */
export const JOB_ORDER = { created_at: 'timestamptz', job_id: 'bigint' } as const;

export type JobSort = { readonly by: (typeof JOB_SORTS)[number]; readonly isDescending: boolean };

/** Oldest first unless the order is given. */
export type JobsPageRequest = PageRequest & { readonly sort?: JobSort };

export type JobFilter = Readonly<Omit<JobSelection, 'all'>>;

/** Conditions on `listed` about constant fields of a job. */
export const lastingConditions = ({ jobIds, applicationId, taskType, createdBy }: JobFilter): FragmentSqlToken[] => [
  ...(jobIds === undefined ? [] : [sql.fragment`listed.job_id = ANY (${sql.array([...jobIds], 'int8')})`]),
  ...(applicationId === undefined ? [] : [sql.fragment`listed.application_id = ${applicationId}`]),
  ...(taskType === undefined ? [] : [sql.fragment`listed.task_type = ${storable(taskType)}`]),
  ...(createdBy === undefined ? [] : [sql.fragment`listed.created_by = ${storable(createdBy)}`]),
];

/** Conditions on `listed`, except that on its state (`listedConditions`). */
export const conditionsOf = (filter: JobFilter): FragmentSqlToken[] => {
  const { application, enabled, name, target, labels, lastStatus, correlationId } = filter;
  const conditions = [sql.fragment`NOT listed.deleted`, ...lastingConditions(filter)];
  if (application !== undefined) conditions.push(isOfApplication(application));
  if (enabled !== undefined) conditions.push(sql.fragment`listed.enabled = ${enabled}`);
  if (name !== undefined) conditions.push(isNamed(sql.fragment`listed`, name));
  if (target !== undefined) conditions.push(sql.fragment`listed.targets @> ${storableJson([target])}::jsonb`);
  if (hasAny(labels)) conditions.push(sql.fragment`listed.labels @> ${storableJson(labels)}::jsonb`);
  if (lastStatus !== undefined) conditions.push(sql.fragment`${newestStatus(sql.fragment`listed`)} = ${lastStatus}`);
  if (correlationId !== undefined) conditions.push(changedUnder(correlationId));
  return conditions;
};

/** Its last change has this correlation id. */
const changedUnder = (correlationId: string): FragmentSqlToken => sql.fragment`EXISTS (
  SELECT 1 FROM ${views.jobVersions} AS version WHERE version.job_id = listed.job_id
    AND version.valid_to IS NULL AND version.correlation_id = ${storable(correlationId)})`;

/** Reads the total from the counters, which exist by application, for all jobs and for enabled jobs. */
export const totalOf = async (reader: RowReader, scope: Scope, filter: JobFilter): Promise<number | undefined> => {
  const { applicationId, application, enabled, ...uncounted } = filter;
  if (scope.applications !== undefined || Object.values(uncounted).some((value) => value !== undefined))
    return undefined;
  const conditions = [
    sql.fragment`true`,
    ...(applicationId === undefined ? [] : [sql.fragment`listed.application_id = ${applicationId}`]),
    ...(application === undefined ? [] : [isOfApplication(application)]),
  ];
  const counted =
    enabled === undefined ? sql.fragment`total` : enabled ? sql.fragment`enabled` : sql.fragment`total - enabled`;
  const row = await reader.one(sql.type(count)`
    SELECT coalesce(sum(${counted}), 0)::bigint AS count
    FROM ${views.jobCounts} AS listed JOIN ${visible(scope)} USING (tenant)
    WHERE ${sql.join(conditions, sql.fragment` AND `)}`);
  return row.count;
};

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

/** Jobs with an ending schedule that have no slots left. */
const completedJobs = async (reader: RowReader, scope: Scope, clock: Clock): Promise<number[]> => {
  const jobs = await readScheduledJobs(
    reader,
    sql.fragment`scheduled.tenant IN (SELECT tenant FROM ${visible(scope)})
      AND (schedule_fields LIKE '%"endAt"%' OR schedule_fields LIKE '%"at"%' OR rules LIKE '%"maxRuns"%')`,
  );
  const nowMs = clock.now();
  return chosen(clock, jobs, (job) => isCompleted(job, { nowMs, runs: job.runs, cursorMs: job.cursorMs }));
};

const pausable = scheduleRecord.only('jobId', 'tenant', 'applicationId', 'target', 'labels');

/** Paused jobs; reads no jobs if no pause is active. */
const pausedJobs = async (reader: RowReader, scope: Scope, clock: Clock): Promise<number[]> => {
  const nowMs = clock.now();
  const inForce = sql.fragment`(ended_at IS NULL OR ended_at > ${toInstant(nowMs)}::timestamptz)`;
  const pauses = await loadPauses(reader, sql.fragment`${isVisiblePause(scope)} AND ${inForce}`);
  if (pauses.length === 0) return [];
  const pauseOf = lastingPauses(pauses, nowMs);
  const rows = await reader.any(sql.type(pausable.row)`
    SELECT ${pausable.selected} FROM ${views.schedule} AS scheduled JOIN ${visible(scope)} USING (tenant)
    WHERE enabled AND NOT deleted`);
  return chosen(clock, rows, ({ target, labels, ...job }) => {
    const labelsText = labels ?? undefined;
    return pauseOf({ ...job, target: target ?? undefined, labelsText }) !== undefined;
  });
};

const chosen = async <Job extends { readonly jobId: number }>(
  clock: Clock,
  jobs: readonly Job[],
  isChosen: (job: Job) => boolean,
): Promise<number[]> => {
  const others = createYielder(clock);
  const ids: number[] = [];
  for (const job of jobs) {
    if (isChosen(job)) ids.push(job.jobId);
    await others.yieldIfDue();
  }
  return ids;
};
