import { type FragmentSqlToken, sql } from 'slonik';
import { z } from 'zod';
import type { RowReader } from '../../db/reader.ts';
import { type ClosureBook, calendarNames, closableBy, createClosureBook } from '../../domain/closure/closure-book.ts';
import { lastingPauses } from '../../domain/closure/pauses.ts';
import { defined } from '../../domain/defined.ts';
import { ACTOR_TYPES, actorName, EXECUTION_STATUSES, type JobDefinition, Trigger } from '../../domain/events/index.ts';
import { isCompleted, type JobState, type JobStateFacts, jobStateOf, nextRunMs } from '../../domain/job/job-state.ts';
import { PREFIX_OF } from '../../domain/streams.ts';
import { toInstant } from '../../domain/values.ts';
import type { Revision } from '../../event-store/port.ts';
import type { Clock } from '../../runtime/runtime.ts';
import { createYielder } from '../yielder.ts';
import { type ClosureSearch, loadBookAndPauses } from './closures.ts';
import { loadFailures } from './failures.ts';
import type { ApplicationSummary } from './records/applications.ts';
import { executionRecord, type LastExecution, startedAtOf } from './records/executions.ts';
import { jobRecord } from './records/jobs.ts';
import { bigint, instant, json } from './row.ts';
import { PROGRESS, progressColumns, progressOf } from './scheduled-jobs.ts';
import { views } from './views.ts';

export type JobView = {
  readonly job: JobDefinition;
  /** The next slot to be called; null if there is none. */
  readonly nextRunAt: string | null;
  readonly lastExecution: LastExecution | null;
  /** The job's state; `undefined` for a past instant. */
  readonly state: JobState | undefined;
  /** Number of slots called since the schedule last changed; 0 for a job without `maxRuns`. */
  readonly runs: number;
  readonly application: ApplicationSummary;
  readonly revision: Revision;
};

const Disabled = z.object({
  since: instant,
  type: z.enum(ACTOR_TYPES),
  name: z.string(),
  reason: z.string().nullable(),
});
const Parked = z.object({ since: instant, type: z.string() });

export const JobRow = jobRecord.row.extend({
  ...progressColumns,
  applicationName: z.string(),
  applicationDisplayName: z.string(),
  lastId: bigint.nullable(),
  lastStatus: z.enum(EXECUTION_STATUSES).nullable(),
  lastTrigger: Trigger.nullable(),
  lastScheduledAt: instant.nullable(),
  lastStartedAt: instant.nullable(),
  lastFinishedAt: instant.nullable(),
  lastAttempt: bigint.nullable(),
  lastAttempts: executionRecord.row.shape.attempts,
  lastAttemptStartedAt: instant.nullable(),
  /** Status of the newest ended execution. */
  lastEndedStatus: z.enum(EXECUTION_STATUSES).nullable(),
  disabled: json.pipe(Disabled).nullable(),
  parked: json.pipe(Parked).nullable(),
});
export type JobRow = z.infer<typeof JobRow>;

const NEWEST = sql.fragment`
  id, status, trigger, scheduled_at, started_at, finished_at, attempt, attempts, attempt_started_at`;

/**
 * Columns of the newest execution of a job: the newest open one and the newest ended one, which are found separately without
 * reading each month. Selects few columns, because preparing the scan of all months with all columns takes longer.
 */
const newestExecution = (job: FragmentSqlToken, columns: FragmentSqlToken): FragmentSqlToken => {
  const newest = (condition: FragmentSqlToken) => sql.fragment`
    (SELECT ${NEWEST}, created_at, is_open FROM ${views.executions} AS execution
     WHERE execution.tenant = ${job}.tenant AND execution.job_id = ${job}.job_id AND ${condition}
     ORDER BY execution.created_at DESC, execution.id DESC LIMIT 1)`;
  return sql.fragment`
    SELECT ${columns} FROM (
      ${newest(sql.fragment`execution.is_open`)} UNION ALL ${newest(sql.fragment`NOT execution.is_open`)}
    ) AS found
    ORDER BY found.created_at DESC, found.id DESC LIMIT 1`;
};

/** The version since which a job has been disabled, as JSON. */
const DISABLED = sql.fragment`
  SELECT json_build_object('since', extract(epoch FROM version.valid_from) * 1000, 'type', version.actor_type,
    'name', version.actor, 'reason', version.reason)::text
  FROM ${views.jobVersions} AS version
  WHERE version.job_id = job.job_id AND version.revision > coalesce((
    SELECT enabled.revision FROM ${views.jobVersions} AS enabled
    WHERE enabled.job_id = job.job_id AND (enabled.definition::json ->> 'enabled')::boolean
    ORDER BY enabled.revision DESC LIMIT 1), -1)
  ORDER BY version.revision LIMIT 1`;

// Each read model has its own checkpoint. If `applications` lags behind, a job is shown without its application's name.
export const jobColumns = sql.fragment`
  ${jobRecord.selected},
  ${PROGRESS},
  coalesce(application.name, '') AS "applicationName", coalesce(application.doc::json ->> 'displayName', '') AS "applicationDisplayName",
  newest.id AS "lastId", newest.status AS "lastStatus", newest.trigger AS "lastTrigger",
  newest.scheduled_at AS "lastScheduledAt", newest.started_at AS "lastStartedAt", newest.finished_at AS "lastFinishedAt",
  newest.attempt AS "lastAttempt", newest.attempts AS "lastAttempts", newest.attempt_started_at AS "lastAttemptStartedAt",
  newest.ended_status AS "lastEndedStatus", CASE WHEN NOT job.enabled THEN (${DISABLED}) END AS disabled, parked.parked`;

const ENDED_STATUS = sql.fragment`max(status) FILTER (WHERE NOT is_open) OVER () AS ended_status`;

/** The few jobs with an unreadable event in either stream, and since when. */
export const parkedJobs = (logId: string): FragmentSqlToken => sql.fragment`
  SELECT DISTINCT ON (job_id) substring(stream FROM '\\d+$')::bigint AS job_id,
    json_build_object('since', extract(epoch FROM recorded_at) * 1000, 'type', event_type)::text AS parked
  FROM parked_streams
  WHERE log_id = ${logId} AND read_at IS NULL AND stream ~ ${`^(${PREFIX_OF.job}|${PREFIX_OF.runs})\\d+$`}
  ORDER BY job_id, recorded_at`;

/**
 * The joins for the columns of `job`.
 * @param logId of the log of the read models
 */
export const jobJoins = (logId: string): FragmentSqlToken => sql.fragment`
  LEFT JOIN ${views.applications} ON application.application_id = job.application_id
  LEFT JOIN ${views.schedule} AS scheduled ON scheduled.job_id = job.job_id
  LEFT JOIN LATERAL (
    ${newestExecution(sql.fragment`job`, sql.fragment`${NEWEST}, ${ENDED_STATUS}`)}
  ) AS newest ON TRUE
  LEFT JOIN (${parkedJobs(logId)}) AS parked ON parked.job_id = job.job_id`;

/** A column of the newest execution of `job`; null if there is none. */
export const newestOf = (job: FragmentSqlToken, column: FragmentSqlToken): FragmentSqlToken =>
  sql.fragment`(${newestExecution(job, column)})`;

export const newestStatus = (job: FragmentSqlToken): FragmentSqlToken => newestOf(job, sql.fragment`status`);

/** The blackouts of these jobs from an instant on. */
export const closureSearchOf = (jobs: readonly JobDefinition[], afterMs: number): ClosureSearch => ({
  tenants: [...new Set(jobs.map(({ tenant }) => tenant))],
  calendars: [...new Set(jobs.flatMap(({ calendar }) => calendarNames(calendar)))],
  afterMs,
});

/** A job's next run in a view. */
export const nextRunAt = (
  {
    job,
    runs,
    cursorMs,
  }: { readonly job: JobDefinition; readonly runs: number; readonly cursorMs?: number | undefined },
  { book, nowMs }: { readonly book: ClosureBook; readonly nowMs: number },
): JobView['nextRunAt'] => {
  const nextMs = nextRunMs(job, { nowMs, runs, cursorMs, closures: book.closuresOf(closableBy(job)) });
  return nextMs === undefined ? null : toInstant(nextMs);
};

type JobViewerOptions<Row extends JobRow> = {
  readonly reader: RowReader;
  readonly clock: Clock;
  /** Whether a calendar or pause may cause blackouts of this job; if absent, that is looked up. */
  readonly mayBeClosed?: (row: Row) => boolean;
};

/**
 * Loads the calendars and pauses that determine next runs, if a job is enabled and may have blackouts, and the failures of
 * jobs whose newest execution did not succeed.
 * @returns a function that converts each row to a view
 */
export const jobViewer = async <Row extends JobRow>(
  rows: readonly Row[],
  { reader, clock, mayBeClosed = () => true }: JobViewerOptions<Row>,
): Promise<(row: Row) => JobView> => {
  const nowMs = clock.now();
  const closable = rows.filter((row) => row.definition.enabled && mayBeClosed(row)).map(({ definition }) => definition);
  const [{ book, pauses }, failures] = await Promise.all([
    closable.length === 0
      ? { book: createClosureBook(), pauses: [] }
      : loadBookAndPauses(reader, closureSearchOf(closable, nowMs)),
    loadFailures(
      reader,
      rows.filter(mayBeFailing).map(({ definition }) => definition),
    ),
  ]);
  const pauseOf = lastingPauses(pauses, nowMs);
  const next = new Map<JobRow, JobView['nextRunAt']>();
  const others = createYielder(clock);
  for (const row of rows) {
    next.set(row, nextRunAt({ job: row.definition, ...progressOf(row) }, { book, nowMs }));
    await others.yieldIfDue();
  }
  return (row) => ({
    job: row.definition,
    runs: row.runs ?? 0,
    nextRunAt: next.get(row) ?? null,
    lastExecution: lastExecutionOf(row),
    state: jobStateOf({
      isCompleted: isCompleted(row.definition, { nowMs, ...progressOf(row) }),
      isEnabled: row.definition.enabled,
      disabled: disabledOf(row),
      parked: parkedOf(row),
      pause: pauses.length === 0 ? undefined : pauseOf(closableBy(row.definition)),
      failures: failures.get(row.jobId),
      isExcluded: row.definition.calendar !== undefined && (next.get(row) ?? null) === null,
    }),
    application: { id: row.applicationId, name: row.applicationName, displayName: row.applicationDisplayName },
    revision: row.revision,
  });
};

/** A cancelled execution does not end a sequence of failures. */
const mayBeFailing = ({ definition, lastEndedStatus }: JobRow): boolean =>
  definition.enabled && (lastEndedStatus === 'failed' || lastEndedStatus === 'cancelled');

const disabledOf = ({ disabled }: JobRow): JobStateFacts['disabled'] => {
  if (disabled === null) return undefined;
  const { since, reason } = disabled;
  return defined({ by: actorName(disabled), since, reason: reason ?? undefined });
};

const parkedOf = ({ parked }: JobRow): JobStateFacts['parked'] =>
  parked === null ? undefined : { since: parked.since, reason: `this version can't read its event ${parked.type}` };

const lastExecutionOf = (row: JobRow): JobView['lastExecution'] => {
  const { lastId: id, lastStatus: status, lastTrigger: trigger, lastScheduledAt: scheduledAt } = row;
  const { lastAttempt: attempt, lastAttempts: attempts, lastFinishedAt: finishedAt } = row;
  if (id === null || status === null || trigger === null || scheduledAt === null || attempt === null) return null;
  const [startedAt, attemptStartedAt] = [row.lastStartedAt, row.lastAttemptStartedAt];
  const source = { status, attempt, attempts, startedAt, attemptStartedAt, finishedAt };
  return { id, status, trigger, scheduledAt, startedAt: startedAtOf(source) ?? null, finishedAt };
};
