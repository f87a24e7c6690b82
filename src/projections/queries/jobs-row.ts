import { type FragmentSqlToken, sql } from 'slonik';
import { z } from 'zod';
import type { RowReader } from '../../db/reader.ts';
import { type ClosureBook, closableBy, createClosureBook } from '../../domain/closure/closure-book.ts';
import { lastingPauses } from '../../domain/closure/pauses.ts';
import { defined } from '../../domain/defined.ts';
import { ACTOR_TYPES, actorName, EXECUTION_STATUSES, type JobDefinition, Trigger } from '../../domain/events/index.ts';
import { type JobState, type JobStateFacts, jobStateOf } from '../../domain/job/job-state.ts';
import { isCompleted, nextRunMs } from '../../domain/job/next-run.ts';
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
import { views } from './views.ts';

export type JobView = {
  readonly job: JobDefinition;
  /** The next slot to be called; null where there is none. */
  readonly nextRunAt: string | null;
  readonly lastExecution: LastExecution | null;
  /** What will become of it; undefined as of an instant. */
  readonly state: JobState | undefined;
  /** How many slots were called since the schedule last changed; 0 for a job without `maxRuns`. */
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
  runs: z.int(),
  applicationName: z.string(),
  applicationDisplayName: z.string(),
  lastId: bigint.nullable(),
  lastStatus: z.enum(EXECUTION_STATUSES).nullable(),
  lastTrigger: Trigger.nullable(),
  lastScheduledAt: instant.nullable(),
  lastStartedAt: instant.nullable(),
  lastFinishedAt: instant.nullable(),
  lastAttempt: z.int().nullable(),
  lastAttempts: executionRecord.row.shape.attempts,
  lastAttemptStartedAt: instant.nullable(),
  /** Of the newest execution that has ended. */
  lastEndedStatus: z.enum(EXECUTION_STATUSES).nullable(),
  disabled: json.pipe(Disabled).nullable(),
  parked: json.pipe(Parked).nullable(),
});
export type JobRow = z.infer<typeof JobRow>;

const NEWEST = sql.fragment`
  id, status, trigger, scheduled_at, started_at, finished_at, attempt, attempts, attempt_started_at`;

/**
 * Columns of the newest execution of a job: of the newest that is open, and the newest that has ended. Apart from each other
 * they are found without a look into each month. No other columns are selected: with all of them, Postgres takes twice as
 * long to prepare the scan of 26 months.
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

/** The version from which on a job has been disabled, as JSON. */
const DISABLED = sql.fragment`
  SELECT json_build_object('since', extract(epoch FROM version.valid_from) * 1000, 'type', version.actor_type,
    'name', version.actor, 'reason', version.reason)::text
  FROM ${views.jobVersions} AS version
  WHERE version.job_id = job.job_id AND version.revision > coalesce((
    SELECT enabled.revision FROM ${views.jobVersions} AS enabled
    WHERE enabled.job_id = job.job_id AND (enabled.definition::json ->> 'enabled')::boolean
    ORDER BY enabled.revision DESC LIMIT 1), -1)
  ORDER BY version.revision LIMIT 1`;

// Each read model has its own checkpoint. If `applications` lags behind, a job is shown without the name of its
// application.
export const jobColumns = sql.fragment`
  ${jobRecord.selected},
  coalesce(CASE WHEN scheduled.rules LIKE '%"maxRuns"%' THEN (scheduled.tail::json ->> 'runs')::integer END, 0) AS runs,
  coalesce(application.name, '') AS "applicationName", coalesce(application.doc::json ->> 'displayName', '') AS "applicationDisplayName",
  newest.id AS "lastId", newest.status AS "lastStatus", newest.trigger AS "lastTrigger",
  newest.scheduled_at AS "lastScheduledAt", newest.started_at AS "lastStartedAt", newest.finished_at AS "lastFinishedAt",
  newest.attempt AS "lastAttempt", newest.attempts AS "lastAttempts", newest.attempt_started_at AS "lastAttemptStartedAt",
  newest.ended_status AS "lastEndedStatus", CASE WHEN NOT job.enabled THEN (${DISABLED}) END AS disabled, parked.parked`;

const ENDED_STATUS = sql.fragment`max(status) FILTER (WHERE NOT is_open) OVER () AS ended_status`;

/** Jobs with an event that cannot be read, of either of their streams, and since when. There are few. */
export const parkedJobs = (logId: string): FragmentSqlToken => sql.fragment`
  SELECT DISTINCT ON (job_id) substring(stream FROM '\\d+$')::bigint AS job_id,
    json_build_object('since', extract(epoch FROM recorded_at) * 1000, 'type', event_type)::text AS parked
  FROM parked_streams
  WHERE log_id = ${logId} AND read_at IS NULL AND stream ~ ${`^(${PREFIX_OF.job}|${PREFIX_OF.runs})\\d+$`}
  ORDER BY job_id, recorded_at`;

/**
 * What the columns of `job` are taken from.
 * @param logId of the log that the read models are of
 */
export const jobJoins = (logId: string): FragmentSqlToken => sql.fragment`
  LEFT JOIN ${views.applications} ON application.application_id = job.application_id
  LEFT JOIN ${views.schedule} AS scheduled ON scheduled.job_id = job.job_id
  LEFT JOIN LATERAL (
    ${newestExecution(sql.fragment`job`, sql.fragment`${NEWEST}, ${ENDED_STATUS}`)}
  ) AS newest ON TRUE
  LEFT JOIN (${parkedJobs(logId)}) AS parked ON parked.job_id = job.job_id`;

/** A column of the newest execution of `job`; null where there is none. */
export const newestOf = (job: FragmentSqlToken, column: FragmentSqlToken): FragmentSqlToken =>
  sql.fragment`(${newestExecution(job, column)})`;

export const newestStatus = (job: FragmentSqlToken): FragmentSqlToken => newestOf(job, sql.fragment`status`);

/** What closes these jobs from an instant on. */
export const closureSearchOf = (jobs: readonly JobDefinition[], afterMs: number): ClosureSearch => ({
  tenants: [...new Set(jobs.map(({ tenant }) => tenant))],
  calendars: [...new Set(jobs.flatMap(({ calendar }) => [calendar?.exclude ?? [], calendar?.include ?? []].flat()))],
  afterMs,
});

/** When a job runs next, as a view has it. */
export const nextRunAt = (
  { job, runs }: { readonly job: JobDefinition; readonly runs: number },
  { book, nowMs }: { readonly book: ClosureBook; readonly nowMs: number },
): JobView['nextRunAt'] => {
  const nextMs = nextRunMs(job, { nowMs, runs, closures: book.closuresOf(closableBy(job)) });
  return nextMs === undefined ? null : toInstant(nextMs);
};

type JobViewerOptions<Row extends JobRow> = {
  readonly reader: RowReader;
  readonly clock: Clock;
  /** Whether a calendar or a pause may close slots of this job; unless given, that is looked up. */
  readonly mayBeClosed?: (row: Row) => boolean;
};

/**
 * Loads the calendars and pauses that say when these jobs run next, where one is enabled and may be closed, and the failures
 * of those whose newest execution did not succeed.
 * @returns what turns each row into a view
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
    next.set(row, nextRunAt({ job: row.definition, runs: row.runs }, { book, nowMs }));
    await others.yieldIfDue();
  }
  return (row) => ({
    job: row.definition,
    runs: row.runs,
    nextRunAt: next.get(row) ?? null,
    lastExecution: lastExecutionOf(row),
    state: jobStateOf({
      isCompleted: isCompleted(row.definition, { nowMs, runs: row.runs }),
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

/** An execution that was cancelled does not end a row of failures. */
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
